/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How connections enter the tables of proven ones. Anybody can send the two packets that prove a connection, from any address:
 * so the rate of entering is limited, for TCP and UDP separately. A connection over the limit is forwarded all the same, and
 * enters with a later packet.
 */
#pragma once

#include "connection.bpf.h"
#include "hints.bpf.h"
#include "flow-table.bpf.h"
#include "tally.bpf.h"

/* Attempts against other CPUs that write at the same moment. */
#define ENTERING_TRIES 4

static __always_inline enum flow_table table_of(const struct packet *p)
{
	return is_tcp(p) ? TABLE_CONNECTIONS : TABLE_UDP_FLOWS;
}

/* Takes one connection's share of the limit, if any is left. The word is written only when a connection enters. */
static __always_inline bool may_enter(const struct packet *p, __u64 now_ns)
{
	struct entering *used = only_entry(&entering);
	if (!used)
		return false;
	__u64 *until_ns = is_tcp(p) ? &used->tcp_until_ns : &used->udp_until_ns;
	__u64 gap_ns = is_tcp(p) ? p->settings->tcp_gap_ns : p->settings->udp_gap_ns;
	for (int i = 0; i < ENTERING_TRIES; i++) {
		__u64 before = *(volatile __u64 *)until_ns;
		__u64 from = before + ENTERING_BURST_NS < now_ns ? now_ns - ENTERING_BURST_NS : before;
		if (from + gap_ns > now_ns)
			return false;
		if (likely(__sync_val_compare_and_swap(until_ns, before, from + gap_ns) == before))
			return true;
	}
	return false;
}

/* Whether the connection has the vacant row now; not if another CPU took that first. A connection that is evicted is counted. */
static __always_inline bool insert_connection(const struct packet *p, const struct found *vacant,
					      const struct connection *proven, struct table_count *count)
{
	if (!take_row(vacant, &p->key, proven))
		return false;
	if (likely(!vacant->last))
		return true;
	count->evicted++;
	count_active(p, &vacant->connection, -1);
	return true;
}

/* Whether the connection is in its table now. */
static __always_inline bool enter(const struct packet *p, const struct found *vacant, const struct connection *proven)
{
	struct table_count *count = table_count(table_of(p));
	if (!count)
		return false;
	if (unlikely(!may_enter(p, proven->seen_ns))) {
		count->limited++;
		return false;
	}
	if (unlikely(!insert_connection(p, vacant, proven, count))) {
		count->refused++;
		return false;
	}
	count->entered++;
	count_active(p, proven, 1);
	return true;
}

/* The connection counts as absent from now on, and its row as vacant. */
static __always_inline void remove_connection(const struct packet *p, struct found *known)
{
	struct table_count *count = table_count(table_of(p));
	if (free_found(known) && count) {
		count->removed++;
		count_active(p, &known->connection, -1);
	}
	known->number += VACANT;
	known->last = 0;
}
