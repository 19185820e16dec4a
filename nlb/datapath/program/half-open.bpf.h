/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Half-open connections: one packet has been seen. One that is evicted by others is placed by its hash again, mostly on the same
 * server.
 */
#pragma once

#include "connection.bpf.h"
#include "flow-table.bpf.h"
#include "hints.bpf.h"

_Static_assert(LINE_ROWS == 2, "one bit says which of the half-open connections of a group gives way");

/* Where the half-open connections of a flow's group are: a cache line of an entry of the array. */
struct half_open_line {
	struct flow_group *entry;
	__u32 start; /* row */
};

/* The entry is NULL if there is none, which only the verifier takes to be possible. */
static __always_inline struct half_open_line half_open_line(const struct packet *p)
{
	const struct flow_region *region = &p->settings->half_open[is_tcp(p) ? TABLE_CONNECTIONS : TABLE_UDP_FLOWS];
	__u32 line = group_in(region, &p->key);
	__u32 index = region->first + line / (GROUP_ROWS / LINE_ROWS);
	return (struct half_open_line){
		.entry = bpf_map_lookup_elem(&flows, &index),
		.start = line % (GROUP_ROWS / LINE_ROWS) * LINE_ROWS,
	};
}

/*
 * Whether the flow is one of datagrams and would evict another. Which one is then chosen by chance: if the older one gave way, as for
 * TCP, three flows that send in turn would evict each other for ever, and none would be proven.
 */
static __always_inline bool evicts_by_chance(const struct packet *p, const struct found *found, __u64 now_ns)
{
	bool evicts = found->number >= VACANT && found->number < NO_ROW && found->last;
	return evicts && !is_tcp(p) && !is_expired(p, &found->connection, now_ns);
}

/* 0 or 1. The hash has a secret seed, so nobody can tell which. */
static __always_inline __u32 row_by_chance(const struct packet *p, __u64 now_ns)
{
	__u64 mixed = p->key.hash ^ now_ns;
	return (mixed ^ mixed >> 32) * SPREAD >> 63;
}

/* The service of the flow's half-open connection, or NULL. `found`: that connection, or the row that it may take. */
static __always_inline struct service *find_half_open(const struct packet *p, __u64 now_ns, struct found *found)
{
	struct half_open_line line = half_open_line(p);
	if (!line.entry)
		return NULL;
	find_flow(p, line.entry, line.start, LINE_ROWS, found);
	if (unlikely(evicts_by_chance(p, found, now_ns)))
		look_at(p, line.entry, VACANT + line.start + row_by_chance(p, now_ns), found);
	if (!is_known(found) || is_expired(p, &found->connection, now_ns))
		return NULL;
	return service_of(&found->connection, p->flow);
}

/* If another CPU takes the row first, nothing is written: the next packet of the flow is its first again. */
static __always_inline void write_half_open(const struct packet *p, const struct found *found,
					    const struct connection *connection)
{
	if (is_known(found))
		rebind(found->row, &p->key, connection);
	else
		take_row(found, &p->key, connection);
}
