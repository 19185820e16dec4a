/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way into the tables of connections that have proved themselves. Anybody can send the two packets that prove one, from
 * any address: so only so many may enter in a second, those of TCP and of UDP each by a limit of their own. Who is not let in is
 * forwarded all the same, and is let in by a later packet.
 */
#pragma once

#include "connection.bpf.h"
#include "hints.bpf.h"
#include "known.bpf.h"
#include "tally.bpf.h"

/* Against other processors that count at the same moment. */
#define ENTERING_TRIES 4
#define EEXIST 17

static __always_inline enum flow_table table_of(const struct packet *p)
{
	return is_tcp(p) ? TABLE_CONNECTIONS : TABLE_UDP_FLOWS;
}

/* Uses up one connection's share of the limit where there is one left. The word is written only as often as somebody enters. */
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

/* Zero, or the error with which the kernel refuses. */
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

/* Whether it is in its table now; `entered`: because it was not there before, so that it is to be counted. */
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

/* It counts as absent from now on. What it was is read first: its memory may be another connection's at once. */
static __always_inline void remove_connection(const struct packet *p, const struct connection *known)
{
	struct connection over = *known;
	struct table_count *count = table_count(table_of(p));
	if (delete_connection(p) || !count)
		return;
	count->removed++;
	count_active(p, &over, -1);
}
