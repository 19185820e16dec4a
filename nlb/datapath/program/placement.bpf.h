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
 * What is in the slot of the flow's hash: an id, or NO_SERVER; and SLOT_HELD. No other slot is tried: if that server is gone, nothing
 * is sent. User space takes a server out of all slots before it marks it as gone.
 */
static __always_inline __u32 content_of_slot(const struct service *service, const struct selection *selection,
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

/*
 * The exception of the flow; or NULL. The table is asked only where the filter has the flow's bit, and the filter only while there are
 * any. The bit is one of the hash's lower ones, because slots are chosen by the upper ones, and exceptions share few slots.
 */
static __always_inline struct exception *find_exception(const struct flow *flow)
{
	struct exception_filter *filter = only_entry(&exception_filter);
	if (likely(!filter || !*(volatile __u64 *)&filter->exceptions))
		return NULL;
	__u64 bit = hash_of(flow) & (EXCEPTION_BITS - 1);
	__u64 number = bit / 64;
	barrier_var(number); /* the verifier needs the comparison */
	if (number >= EXCEPTION_BITS / 64 || !(*(volatile __u64 *)&filter->bits[number] & 1ULL << bit % 64))
		return NULL;
	struct flow key = *flow; /* on the stack: Linux before 5.17 takes no other key in a global function */
	return bpf_map_lookup_elem(&exceptions, &key);
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

/* The client's server, if it still gets new connections; or NO_SERVER. */
static __always_inline __u32 server_of_client(const struct service *service, const struct selection *selection,
					     const struct flow *flow, __u64 now_ns)
{
	if (!service->persistence_ns)
		return NO_SERVER;
	struct affinity_key key = affinity_key(service, flow);
	struct affinity *bound = bpf_map_lookup_elem(&affinities, &key);
	if (!bound || now_ns >= bound->seen_ns + service->persistence_ns || !is_eligible(selection, bound->server))
		return NO_SERVER;
	return find_bound_server(bound->server, bound->server_address) ? bound->server : NO_SERVER;
}

/* Behind the id, why the flow is held (enum held_by), or nothing. */
#define HELD_AT 16

static __always_inline __u32 server_id(__u32 selected)
{
	return selected & ((1U << HELD_AT) - 1);
}

static __always_inline bool is_held(__u32 selected)
{
	return selected >> HELD_AT;
}

/* To the exception's server, if it is settled and the server is not gone. Otherwise the flow is held. */
static __always_inline __u32 follow_exception(const struct exception *exception, __u32 id_in_slot)
{
	struct exception known = *exception;
	bool usable = find_bound_server(known.server, known.server_address);
	__u32 id = usable ? known.server : id_in_slot;
	return usable && known.settled ? id : id | HELD_BY_EXCEPTION << HELD_AT;
}

/*
 * Where a flow without a connection goes: to the server of its exception, with affinity to its client's, otherwise to the one in its
 * slot. An id or NO_SERVER, and whether it is held. The slot is read before the exception: the other way round one that user space
 * writes between the two would be missed, and the slot could be free again by then. Not inlined, so that the verifier checks it once
 * and not for each caller.
 */
__noinline __u32 select_server(const struct flow *flow, __u32 service_id, __u64 now_ns)
{
	struct service *service = flow ? service_by_id(service_id) : NULL;
	struct selection *selection = service ? bpf_map_lookup_elem(&selections, &service->pool) : NULL;
	if (!selection)
		return NO_SERVER;
	__u32 content = content_of_slot(service, selection, flow);
	__u32 id_in_slot = content & ~SLOT_HELD;
	struct exception *exception = find_exception(flow);
	if (unlikely(exception))
		return follow_exception(exception, id_in_slot);
	if (unlikely(content & SLOT_HELD))
		return id_in_slot | HELD_BY_SLOT << HELD_AT;
	__u32 of_client = server_of_client(service, selection, flow, now_ns);
	return of_client == NO_SERVER ? id_in_slot : of_client;
}

/* The server for a packet that is never held: an ICMP error, or a fragment without ports. */
static __always_inline __u32 select_server_at_once(const struct flow *flow, __u32 service_id, __u64 now_ns)
{
	return server_id(select_server(flow, service_id, now_ns));
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
