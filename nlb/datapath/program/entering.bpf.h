/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How connections enter the tables of proven ones. Anybody can send the two packets that prove a connection, from any address:
 * so the rate of entering is limited, for TCP and UDP separately. A connection over the limit is forwarded all the same, and
 * enters with a later packet.
 */
#pragma once

#include "connection.bpf.h"
#include "hints.bpf.h"
#include "known.bpf.h"
#include "tally.bpf.h"

/* Attempts against other CPUs that write at the same moment. */
#define ENTERING_TRIES 4
#define EEXIST 17

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

/* Zero, or the kernel's error. */
static __always_inline long insert_connection(const struct packet *p, const struct connection *proven)
{
	if (!is_tcp(p))
		return bpf_map_update_elem(&udp_flows, p->flow, proven, BPF_NOEXIST);
	long error = bpf_map_update_elem(&connections, p->flow, proven, BPF_NOEXIST);
	barrier_var(error); /* as in find_proven() */
	return error;
}

static __always_inline long delete_connection(const struct packet *p)
{
	if (!is_tcp(p))
		return bpf_map_delete_elem(&udp_flows, p->flow);
	long error = bpf_map_delete_elem(&connections, p->flow);
	barrier_var(error);
	return error;
}

/* Whether the connection is in its table now. `entered`: it was not there before, so it has to be counted. */
static __always_inline bool enter(const struct packet *p, const struct connection *proven, bool *entered)
{
	struct table_count *count = table_count(table_of(p));
	if (!count)
		return false;
	if (unlikely(!may_enter(p, proven->seen_ns))) {
		count->limited++;
		return false;
	}
	long error = insert_connection(p, proven);
	*entered = !error;
	if (likely(!error))
		count->entered++;
	else if (error != -EEXIST)
		count->refused++;
	return !error || error == -EEXIST;
}

/* Its old value is read first: once it is deleted, its memory may belong to another connection. */
static __always_inline void remove_connection(const struct packet *p, const struct connection *known)
{
	struct connection over = *known;
	struct table_count *count = table_count(table_of(p));
	if (delete_connection(p) || !count)
		return;
	count->removed++;
	count_active(p, &over, -1);
}
