/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The states of a connection, by the client's packets alone.
 *
 *   first packet        TCP with ACK                FIN
 *   ───────────► UNPROVEN ──────────► ESTABLISHED ──────► FINISHED
 *                    │ ▲                 ▲ └── RST ──► RESET ◄┘ │
 *                    │ │                 └──── ACK ──────┘ │    │
 *                    │ └──────────── SYN ──────────────────┴────┘
 *                    └── any UDP ──► DATAGRAMS
 *
 * A client that has reset a connection acknowledges nothing more of it: an ACK shows that somebody else sent the RST.
 */
#pragma once

#include "flow-table.bpf.h"
#include "lookup.bpf.h"
#include "packet.bpf.h"

static __always_inline bool is_expired(const struct packet *p, const struct connection *connection, __u64 now_ns)
{
	__u64 state = connection->state;
	barrier_var(state); /* the verifier must see the comparison of the very value that is then the index */
	return state >= STATES || connection->seen_ns + p->settings->timeouts_ns[state] <= now_ns;
}

/* A client may use the ports of a connection that it has ended for another one (RFC 9293 section 3.10.7.4). */
static __always_inline bool begins_again(const struct packet *p, enum connection_state state)
{
	bool ended = state == STATE_FINISHED || state == STATE_RESET;
	return ended && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* Whether a plain packet changes nothing in that state. The comparison also bounds the index of timeouts_ns for the verifier. */
static __always_inline bool is_steady(const struct connection *connection)
{
	__u32 state = connection->state;
	return state - STATE_ESTABLISHED < STATES - STATE_ESTABLISHED;
}

/* Whether the packet proves a half-open connection: a flood of first packets has none such. */
static __always_inline bool proves(const struct packet *p)
{
	return !is_tcp(p) || (p->tcp_flags & (TCP_SYN | TCP_RST | TCP_ACK)) == TCP_ACK;
}

static __always_inline enum connection_state proven_state(const struct packet *p)
{
	if (!is_tcp(p))
		return STATE_DATAGRAMS;
	return p->tcp_flags & TCP_FIN ? STATE_FINISHED : STATE_ESTABLISHED;
}

/* What a connection is after one more packet. */
static __always_inline enum connection_state next_state(const struct packet *p, enum connection_state state)
{
	if (begins_again(p, state))
		return STATE_UNPROVEN;
	if (p->tcp_flags & TCP_RST)
		return STATE_RESET;
	if ((state == STATE_UNPROVEN || state == STATE_RESET) && proves(p))
		return proven_state(p);
	return p->tcp_flags & TCP_FIN && state == STATE_ESTABLISHED ? STATE_FINISHED : state;
}
