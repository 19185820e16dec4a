/* SPDX-License-Identifier: GPL-2.0 */
/* Packets that follow others of their flow or datagram: fragments and ICMP errors. */
#pragma once

#include "balance.bpf.h"

static __always_inline struct fragment_key fragment_key(const struct iphdr *ip)
{
	return (struct fragment_key){
		.source = ip->saddr,
		.destination = ip->daddr,
		.id = ip->id,
		.protocol = ip->protocol,
	};
}

/* Whether the service that the datagram was recorded for still has that address and protocol. */
static __always_inline bool is_served(const struct packet *p, const struct fragment *known)
{
	struct service *service = service_by_id(known->service);
	return service && service->address == p->flow->destination && service->protocol == p->flow->protocol;
}

/* The entry of the packet's datagram, unless it has expired; or NULL. It is in at most one of the two tables. */
static __always_inline struct fragment *find_datagram(const struct packet *p, const struct fragment_key *key,
						      __u64 now_ns)
{
	struct fragment *known = bpf_map_lookup_elem(&fragments, key);
	if (!known)
		known = bpf_map_lookup_elem(&unproven_fragments, key);
	if (!known || known->seen_ns + p->settings->timeouts_ns[FRAGMENT_TIMEOUT] <= now_ns || !is_served(p, known))
		return NULL;
	return find_bound_server(known->server, known->server_address) ? known : NULL;
}

/*
 * Records that the datagram's fragments go where this packet goes. Datagrams of proven flows have a table of their own, because
 * anybody can send a single fragment.
 */
static __always_inline void record_datagram(const struct packet *p, const struct fragment_key *key, bool proven,
					    bool awaits_first, __u64 now_ns)
{
	struct fragment sent = {
		.seen_ns = now_ns,
		.server = p->server,
		.server_address = p->to->address,
		.service = p->service,
		.awaits_first = awaits_first,
	};
	void *table = proven ? (void *)&fragments : (void *)&unproven_fragments;
	void *other = proven ? (void *)&unproven_fragments : (void *)&fragments;
	bpf_map_delete_elem(other, key);
	if (bpf_map_update_elem(table, key, &sent, BPF_ANY))
		count_refused(proven ? TABLE_FRAGMENTS : TABLE_UNPROVEN_FRAGMENTS);
}

static __always_inline enum outcome send_with_datagram(struct packet *p, const struct fragment *known)
{
	struct server *server = find_usable_server(known->server);
	return server ? send_to(p, server, known->server, known->service, FORWARDED_FRAGMENT) : DROPPED_NO_SERVER;
}

/* A fragment without ports. If it is the first of its datagram to arrive, its addresses alone select the server. */
static __always_inline enum outcome forward_later_fragment(struct packet *p, const struct iphdr *ip,
							   const struct cluster_address *cluster_address, __u64 now_ns)
{
	struct fragment_key key = fragment_key(ip);
	struct fragment *known = find_datagram(p, &key, now_ns);
	if (known)
		return send_with_datagram(p, known);
	__u32 service = is_tcp(p) ? cluster_address->tcp_service : cluster_address->udp_service;
	if (!service_by_id(service))
		return DROPPED_FRAGMENT;
	__u32 id = select_server_at_once(p->flow, service, now_ns);
	struct server *server = find_usable_server(id);
	if (!server)
		return DROPPED_NO_SERVER;
	enum outcome outcome = send_to(p, server, id, service, FORWARDED_FRAGMENT);
	record_datagram(p, &key, false, true, now_ns);
	return outcome;
}

/* A segment or datagram with its ports. If others of its fragments arrived before, it follows them; otherwise they follow it. */
static __always_inline enum outcome forward_segment(struct packet *p, const struct iphdr *ip,
						    const struct service *service, struct found *connection,
						    __u64 now_ns)
{
	bool others = ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS);
	struct fragment_key key = fragment_key(ip);
	struct fragment *known = unlikely(others) ? find_datagram(p, &key, now_ns) : NULL;
	if (unlikely(known && known->awaits_first)) {
		known->awaits_first = false;
		return send_with_datagram(p, known);
	}
	enum outcome outcome = balance(p, service, connection, now_ns);
	if (unlikely(others && p->to))
		record_datagram(p, &key, outcome == FORWARDED_ESTABLISHED, false, now_ns);
	return outcome;
}

/* An ICMP error goes to the server of the flow that it quotes. It changes nothing, because anybody can send one. */
static __always_inline enum outcome forward_icmp_error(struct packet *p, const struct service *service,
					   const struct found *found, __u64 now_ns)
{
	struct found before = { .number = NO_ROW };
	const struct connection *known = &found->connection;
	if (!is_known(found) || known->service != service->id || is_expired(p, known, now_ns)) {
		struct service *own = find_half_open(p, now_ns, &before);
		known = own ? &before.connection : NULL;
		if (own)
			service = own;
	}
	struct server *server = known ? find_bound_server(known->server, known->server_address) : NULL;
	__u32 id = server ? known->server : select_server_at_once(p->flow, service->id, now_ns);
	if (!server)
		server = find_usable_server(id);
	return server ? send_to(p, server, id, service->id, FORWARDED_ICMP) : DROPPED_NO_SERVER;
}
