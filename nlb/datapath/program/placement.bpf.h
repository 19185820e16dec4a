/* SPDX-License-Identifier: GPL-2.0 */
/* Which server a new connection goes to. */
#pragma once

#include "lookup.bpf.h"
#include "packet.bpf.h"
#include "tally.bpf.h"

/* The server, unless it is gone; or NULL. */
static __always_inline struct server *find_usable_server(__u32 id)
{
	struct server *server = bpf_map_lookup_elem(&servers, &id);
	return server && server->flags & SERVER_KEPT ? server : NULL;
}

/* The server of a binding, if the id still belongs to that address, and the server is not gone; or NULL. */
static __always_inline struct server *find_bound_server(__u32 id, __be32 address)
{
	struct server *server = find_usable_server(id);
	return server && server->address == address ? server : NULL;
}

/* With affinity, all connections of one client have the same hash. */
static __always_inline struct flow hash_key(const struct service *service, const struct flow *flow)
{
	if (!service->persistence_ns)
		return *flow;
	return (struct flow){
		.source = flow->source & service->persistence_mask,
		.destination = flow->destination,
		.protocol = flow->protocol,
	};
}

static __always_inline __u32 rotate(__u32 word, int bits)
{
	return word << bits | word >> (32 - bits);
}

/* Bob Jenkins's hash of three words (lookup3's final mix, as in the kernel's jhash_3words), in host order. */
static __always_inline __u32 hash_of(const struct flow *flow)
{
	__u32 start = 0xdeadbeef + (3 << 2) + flow->protocol;
	__u32 a = start + bpf_ntohl(flow->source);
	__u32 b = start + bpf_ntohl(flow->destination);
	__u32 c = start + ((__u32)bpf_ntohs(flow->source_port) << 16 | bpf_ntohs(flow->destination_port));

	c ^= b; c -= rotate(b, 14);
	a ^= c; a -= rotate(c, 11);
	b ^= a; b -= rotate(a, 25);
	c ^= b; c -= rotate(b, 16);
	a ^= c; a -= rotate(c, 4);
	b ^= a; b -= rotate(a, 14);
	c ^= b; c -= rotate(b, 24);
	return c;
}

static __always_inline __u64 first_slot(const struct service *service, const struct flow *flow)
{
	struct flow hashed = hash_key(service, flow);
	/* Hash × slots ÷ 2³² spreads as evenly as a remainder and needs no division. */
	return (__u64)hash_of(&hashed) * SELECTION_SLOTS >> 32;
}

/*
 * The server in the slot of the flow's hash: an id, or NO_SERVER. No other slot is tried: if that server is gone, nothing is
 * sent. User space takes a server out of all slots before it marks it as gone.
 */
static __always_inline __u32 server_in_slot(const struct service *service, const struct selection *selection,
					   const struct flow *flow)
{
	__u64 slot = first_slot(service, flow);
	barrier_var(slot); /* the verifier needs the comparison, which the compiler would leave out */
	return slot < SELECTION_SLOTS ? *(volatile __u16 *)&selection->servers[slot] : NO_SERVER;
}

/* Whether any slot has the server, so that it gets new connections. */
static __always_inline bool is_eligible(const struct selection *selection, __u32 id)
{
	__u64 word = id / 32;
	barrier_var(word);
	return word < ELIGIBLE_WORDS && *(volatile __u32 *)&selection->eligible[word] & 1U << id % 32;
}

static __always_inline bool is_eligible_for(const struct service *service, __u32 id)
{
	struct selection *selection = bpf_map_lookup_elem(&selections, &service->pool);
	return selection && is_eligible(selection, id);
}

static __always_inline struct affinity_key affinity_key(const struct service *service, const struct flow *flow)
{
	return (struct affinity_key){
		.client = flow->source & service->persistence_mask,
		.address = service->address,
		.port = service->port,
		.protocol = service->protocol,
	};
}

/*
 * The server for a new connection: with affinity the client's, if it still gets new connections; otherwise the one in the
 * flow's slot. An id, or NO_SERVER. Not inlined, so that the verifier checks it once and not for each caller.
 */
__noinline __u32 select_server(const struct flow *flow, __u32 service_id, __u64 now_ns)
{
	struct service *service = flow ? service_by_id(service_id) : NULL;
	struct selection *selection = service ? bpf_map_lookup_elem(&selections, &service->pool) : NULL;
	if (!selection)
		return NO_SERVER;
	if (service->persistence_ns) {
		struct affinity_key key = affinity_key(service, flow);
		struct affinity *bound = bpf_map_lookup_elem(&affinities, &key);
		if (bound && now_ns < bound->seen_ns + service->persistence_ns && is_eligible(selection, bound->server) &&
		    find_bound_server(bound->server, bound->server_address))
			return bound->server;
	}
	return server_in_slot(service, selection, flow);
}

/* A proven connection binds its client to its server. */
static __always_inline void bind_client(const struct service *service, const struct flow *flow,
					const struct connection *connection)
{
	if (!service->persistence_ns)
		return;
	struct affinity_key key = affinity_key(service, flow);
	struct affinity bound = {
		.seen_ns = connection->seen_ns,
		.server = connection->server,
		.server_address = connection->server_address,
	};
	if (bpf_map_update_elem(&affinities, &key, &bound, BPF_ANY))
		count_refused(TABLE_AFFINITIES);
}
