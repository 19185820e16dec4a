/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Half-open connections: one packet has been seen. One that is evicted by others is placed by its hash again, mostly on the same
 * server.
 */
#pragma once

#include "connection.bpf.h"
#include "flow-table.bpf.h"
#include "hints.bpf.h"

_Static_assert(GROUP_ROWS - HALF_OPEN_ROW == LINE_ROWS && LINE_ROWS == 2, "one bit says which half-open connection of a group gives way");

/*
 * Whether the flow is one of datagrams and would evict another. Which one is then chosen by chance: if the older one gave way, as for
 * TCP, three flows that send in turn would evict each other for ever, and none would be proven.
 */
static __always_inline bool evicts_by_chance(const struct packet *p, const struct found *found, __u64 now_ns)
{
	bool evicts = found->number >= VACANT && found->number < NO_ROW && found->last;
	return evicts && !is_tcp(p) && !is_expired(p, &found->connection, now_ns);
}

/* Either of the rows for half-open connections. The hash has a secret seed, so nobody can tell which. */
static __always_inline __u32 row_by_chance(const struct packet *p, __u64 now_ns)
{
	__u64 mixed = p->key.hash ^ now_ns;
	return HALF_OPEN_ROW + ((mixed ^ mixed >> 32) * SPREAD >> 63);
}

/* The service of the flow's half-open connection, or NULL. `found`: that connection, or the row that it may take. */
static __always_inline struct service *find_half_open(const struct packet *p, __u64 now_ns, struct found *found)
{
	find_flow(p, HALF_OPEN_ROW, found);
	if (unlikely(evicts_by_chance(p, found, now_ns)))
		look_at(p, VACANT + row_by_chance(p, now_ns), found);
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
