/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Half-open connections: one packet has been seen. One that is evicted by others is placed by its hash again, mostly on the same
 * server.
 */
#pragma once

#include "connection.bpf.h"
#include "flow-table.bpf.h"
#include "hints.bpf.h"

/* The service of the flow's half-open connection, or NULL. `found`: that connection, or the row that it may take. */
static __always_inline struct service *find_half_open(const struct packet *p, __u64 now_ns, struct found *found)
{
	find_flow(p, HALF_OPEN_ROW, GROUP_ROWS, found);
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
