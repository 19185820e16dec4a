/* SPDX-License-Identifier: GPL-2.0 */
/* Which server a flow goes to, and sending it there. */
#pragma once

#include "lookup.bpf.h"
#include "packet.bpf.h"

/* A server that can be sent to now, or NULL. */
static __always_inline struct server *find_ready(__u32 id)
{
	struct server *server = bpf_map_lookup_elem(&servers, &id);
	return server && server->flags == SERVER_READY ? server : NULL;
}

static __always_inline struct server *server_of(const struct connection *connection)
{
	struct server *server = find_ready(connection->server);
	return server && server->address == connection->server_address ? server : NULL;
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

/* The service's choice for a flow: an id, or NO_SERVER. */
static __always_inline __u32 select_server(const struct service *service, const struct flow *flow)
{
	void *table = bpf_map_lookup_elem(&selections, &service->id);
	if (!table)
		return NO_SERVER;
	struct selection *selection = only_entry(table);
	if (!selection)
		return NO_SERVER;
	/* Hash × slots ÷ 2³² spreads as evenly as a remainder and needs no division. */
	__u64 slot = (__u64)hash_of(flow) * SELECTION_SLOTS >> 32;
	barrier_var(slot); /* the verifier must see the comparison that the compiler finds needless */
	return slot < SELECTION_SLOTS ? selection->servers[slot] : NO_SERVER;
}

static __always_inline enum outcome send_to(struct packet *p, const struct server *server, enum outcome outcome)
{
	__builtin_memcpy(p->eth->h_dest, server->mac, ETH_ALEN);
	__builtin_memcpy(p->eth->h_source, server->own_mac, ETH_ALEN);
	p->egress = server->ifindex;
	return outcome;
}

/* A connection keeps its server while that server is usable, whatever the selection table says by now. */
static __always_inline enum outcome balance(struct packet *p, const struct service *service, __u64 now_ns)
{
	struct connection *known = bpf_map_lookup_elem(&connections, &p->flow);
	struct server *server = known ? server_of(known) : NULL;
	if (server) {
		known->seen_ns = now_ns;
		return send_to(p, server, FORWARDED_ESTABLISHED);
	}
	__u32 id = select_server(service, &p->flow);
	server = find_ready(id);
	if (!server)
		return DROPPED_NO_SERVER;
	struct connection placed = { .seen_ns = now_ns, .server = id, .server_address = server->address };
	bpf_map_update_elem(&connections, &p->flow, &placed, BPF_ANY);
	return send_to(p, server, known ? FORWARDED_MOVED : FORWARDED_NEW);
}
