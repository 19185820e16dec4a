/* SPDX-License-Identifier: GPL-2.0 */
/* What the tables say. */
#pragma once

#include <stdbool.h>
#include "tables.bpf.h"

/* The entry of a table that has only one. */
static __always_inline void *only_entry(void *table)
{
	__u32 first = 0;
	return bpf_map_lookup_elem(table, &first);
}

static __always_inline bool may_answer(__u64 now_ns)
{
	struct lease *held = only_entry(&lease);
	return held && now_ns < *(volatile __u64 *)&held->answer_until_ns;
}

static __always_inline bool may_forward(__u64 now_ns)
{
	struct lease *held = only_entry(&lease);
	return held && now_ns < *(volatile __u64 *)&held->forward_until_ns;
}

static __always_inline void note_peer_asks(__u64 now_ns)
{
	struct lease *page = only_entry(&lease);
	if (page)
		*(volatile __u64 *)&page->peer_asked_ns = now_ns;
}

static __always_inline struct port *find_port(struct settings *settings, __u32 ifindex)
{
	for (int i = 0; i < MAX_PORTS; i++) {
		if (i >= settings->port_count)
			return NULL;
		if (settings->ports[i].ifindex == ifindex)
			return &settings->ports[i];
	}
	return NULL;
}

static __always_inline bool is_cluster(__be32 address)
{
	return bpf_map_lookup_elem(&clusters, &address);
}

static __always_inline struct service *find_service(const struct flow *flow)
{
	struct service_key key = {
		.address = flow->destination,
		.port = flow->destination_port,
		.protocol = flow->protocol,
	};
	return bpf_map_lookup_elem(&services, &key);
}
