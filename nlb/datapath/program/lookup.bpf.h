/* SPDX-License-Identifier: GPL-2.0 */
/* Look-ups in the tables of the control plane. */
#pragma once

#include <stdbool.h>
#include "tables.bpf.h"

/* What a connection is, as of one look at its row. The server by id and by address: an id may be given to another later. */
struct connection {
	__u64 seen_ns;
	__u32 server;
	__be32 server_address;
	__u32 service;
	__u32 state; /* enum connection_state, or what somebody has written who is at work on the row */
};

/* The entry of a table that has only one. */
static __always_inline void *only_entry(void *table)
{
	__u32 first = 0;
	return bpf_map_lookup_elem(table, &first);
}

/* Gives a copy, so that the verifier does not distinguish the places in the list. */
static __always_inline bool find_interface(const struct settings *settings, __u32 ifindex,
					   struct datapath_interface *interface)
{
	for (int i = 0; i < MAX_INTERFACES; i++) {
		if (i >= settings->interface_count)
			return false;
		if (settings->interfaces[i].ifindex != ifindex)
			continue;
		*interface = settings->interfaces[i];
		return true;
	}
	return false;
}

/* Whether frames that arrive on that interface with that VLAN id belong to a VLAN interface of ours. */
static __always_inline bool is_vlan_interface_of(const struct settings *settings, __u32 ifindex, __u16 vlan)
{
	for (int i = 0; i < MAX_INTERFACES; i++) {
		if (i >= settings->interface_count)
			return false;
		if (settings->interfaces[i].parent == ifindex && settings->interfaces[i].vlan == vlan)
			return true;
	}
	return false;
}

static __always_inline struct cluster_address *find_cluster_address(__be32 address)
{
	return bpf_map_lookup_elem(&cluster_addresses, &address);
}

static __always_inline __u32 *service_id(const struct flow *flow, __be16 port)
{
	struct service_key key = { .address = flow->destination, .port = port, .protocol = flow->protocol };
	return bpf_map_lookup_elem(&service_ids, &key);
}

static __always_inline struct service *service_by_id(__u32 id)
{
	struct service *service = bpf_map_lookup_elem(&services, &id);
	return service && service->flags & SERVICE_KNOWN ? service : NULL;
}

/* The service of the port, or else that of any port. */
static __always_inline __u32 *find_service_id(const struct flow *flow)
{
	__u32 *id = service_id(flow, flow->destination_port);
	return id ? id : service_id(flow, 0);
}

static __always_inline struct service *find_service(const struct flow *flow)
{
	__u32 *id = find_service_id(flow);
	return id ? service_by_id(*id) : NULL;
}

/* The service that the connection began with, if it still serves that flow; else NULL. */
static __always_inline struct service *service_of(const struct connection *connection, const struct flow *flow)
{
	struct service *service = service_by_id(connection->service);
	if (!service || service->address != flow->destination || service->protocol != flow->protocol)
		return NULL;
	return !service->port || service->port == flow->destination_port ? service : NULL;
}
