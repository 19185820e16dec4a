/* SPDX-License-Identifier: GPL-2.0 */
/* Which server a new connection goes to. */
#pragma once

#include "lookup.bpf.h"
#include "packet.bpf.h"
#include "tally.bpf.h"

/* A server that is not gone, or NULL. */
static __always_inline struct server *find_usable_server(__u32 id)
{
	struct server *server = bpf_map_lookup_elem(&servers, &id);
	return server && server->flags & SERVER_KEPT ? server : NULL;
}

/* The server of that id, where it is still the one that was meant, and is not gone. */
static __always_inline struct server *find_bound_server(__u32 id, __be32 address)
{
	struct server *server = find_usable_server(id);
	return server && server->address == address ? server : NULL;
}

/* Two connections of a client that must stay on its server have the same hash. */
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
 * What the selection has in the slot of the flow's hash, and nothing else: an id, or NO_SERVER. Where that server is gone,
 * nothing is sent; user space takes a server out of all slots before it says that the server is gone.
 */
static __always_inline __u32 server_in_slot(const struct service *service, const struct selection *selection,
					    const struct flow *flow)
{
	__u64 slot = first_slot(service, flow);
	barrier_var(slot); /* the verifier must see the comparison that the compiler finds needless */
	return slot < SELECTION_SLOTS ? *(volatile __u16 *)&selection->servers[slot] : NO_SERVER;
}

/* Whether the selection gives the server anything new. */
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

/*
 * The service that a first packet will need, and a look at the slot that its server will be in: the processor waits for
 * that memory while it waits for the large table's, and not afterwards.
 */
static __always_inline struct service *prefetch(const struct flow *flow)
{
	struct service *service = find_service(flow);
	struct selection *selection = service ? bpf_map_lookup_elem(&selections, &service->pool) : NULL;
	if (selection) {
		__u32 server = server_in_slot(service, selection, flow);
		barrier_var(server);
	}
	return service;
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
 * The client's server where it is to be kept and still gets new flows, or else the one of the flow's slot: an id, or
 * NO_SERVER. A function of its own, so that the verifier looks at it once, and not on every way that leads here.
 */
__noinline __u32 select_server(const struct flow *flow, __u32 service_id, __u64 now_ns)
{
	struct service *service = flow ? service_by_id(service_id) : NULL;
	struct selection *selection = service ? bpf_map_lookup_elem(&selections, &service->pool) : NULL;
	if (!selection)
		return NO_SERVER;
	if (service->persistence_ns) {
		struct affinity_key key = affinity_key(service, flow);
		struct affinity *kept = bpf_map_lookup_elem(&affinities, &key);
		if (kept && now_ns < kept->seen_ns + service->persistence_ns && is_eligible(selection, kept->server) &&
		    find_bound_server(kept->server, kept->server_address))
			return kept->server;
	}
	return server_in_slot(service, selection, flow);
}

/* A connection that has proved itself binds its client. */
static __always_inline void bind_client(const struct service *service, const struct flow *flow,
					const struct connection *connection)
{
	if (!service->persistence_ns)
		return;
	struct affinity_key key = affinity_key(service, flow);
	struct affinity kept = {
		.seen_ns = connection->seen_ns,
		.server = connection->server,
		.server_address = connection->server_address,
	};
	if (bpf_map_update_elem(&affinities, &key, &kept, BPF_ANY))
		count_refused(TABLE_AFFINITIES);
}
