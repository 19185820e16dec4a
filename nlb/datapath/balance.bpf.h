/* SPDX-License-Identifier: GPL-2.0 */
/* A packet of a flow, and what is written down of its connection. */
#pragma once

#include "connection.bpf.h"
#include "hints.bpf.h"
#include "placement.bpf.h"
#include "tally.bpf.h"

/* To that server, for that service. */
static __always_inline enum outcome send_to(struct packet *p, const struct server *server, __u32 id, __u32 service,
					    enum outcome outcome)
{
	__builtin_memcpy(p->eth->h_dest, server->mac, ETH_ALEN);
	__builtin_memcpy(p->eth->h_source, server->own_mac, ETH_ALEN);
	p->egress = server->ifindex;
	p->server = id;
	p->server_address = server->address;
	p->service = service;
	count_packet(p, id, service);
	return outcome;
}

/* A connection keeps its server while that is usable, whatever the selection table says by now. */
static __always_inline enum outcome carry_on(struct packet *p, const struct service *service, struct connection *known,
					     __u64 now_ns)
{
	struct server *server = find_same(known->server, known->server_address);
	struct connection before = *known;
	if (unlikely(!server)) {
		__u32 id = place(&p->flow, service->id, now_ns);
		server = find_ready(id);
		if (!server)
			return DROPPED_NO_SERVER;
		known->server = id;
		known->server_address = server->address;
	}
	bool moved = known->server != before.server || known->server_address != before.server_address;
	known->state = next_state(p, before.state);
	known->seen_ns = now_ns;
	if (unlikely(moved || known->state != before.state)) {
		count_active(p, &before, -1);
		count_active(p, known, 1);
	}
	if (unlikely(moved))
		bind_client(service, &p->flow, known);
	return send_to(p, server, known->server, known->service, moved ? FORWARDED_MOVED : FORWARDED_ESTABLISHED);
}

/* The second packet that an embryo needs: the connection changes tables. */
static __always_inline void establish(struct packet *p, const struct service *service, struct connection *proven)
{
	proven->state = proven_state(p);
	if (bpf_map_update_elem(&connections, &p->flow, proven, BPF_ANY))
		return;
	bpf_map_delete_elem(&embryos, &p->flow);
	count_active(p, proven, 1);
	bind_client(service, &p->flow, proven);
}

static __always_inline struct connection *find_embryo(const struct packet *p, const struct service *service,
						      __u64 now_ns)
{
	struct connection *embryo = bpf_map_lookup_elem(&embryos, &p->flow);
	return embryo && embryo->service == service->id && !is_expired(p, embryo, now_ns) ? embryo : NULL;
}

/* A connection that is new, or has yet to prove itself. */
static __always_inline enum outcome begin(struct packet *p, const struct service *service, __u64 now_ns)
{
	struct connection *embryo = find_embryo(p, service, now_ns);
	struct server *server = embryo ? find_same(embryo->server, embryo->server_address) : NULL;
	bool kept = server;
	__u32 id = kept ? embryo->server : place(&p->flow, service->id, now_ns);
	if (!kept)
		server = find_ready(id);
	if (!server)
		return DROPPED_NO_SERVER;
	struct connection next = {
		.seen_ns = now_ns,
		.server = id,
		.server_address = server->address,
		.service = service->id,
		.state = STATE_UNPROVEN,
	};
	bool proven = embryo && proves(p);
	if (proven)
		establish(p, service, &next);
	else
		bpf_map_update_elem(&embryos, &p->flow, &next, BPF_ANY);
	if (!embryo)
		count_opened(p, id, service->id);
	enum outcome outcome = !embryo ? FORWARDED_NEW : !kept ? FORWARDED_MOVED : FORWARDED_REPEATED;
	if (proven && kept)
		outcome = FORWARDED_ESTABLISHED;
	return send_to(p, server, id, service->id, outcome);
}

/*
 * `known`: what the connection table has for the flow, or NULL. It counts as absent once its service is gone, its time is
 * over, or the client begins another connection in its place.
 */
static __always_inline enum outcome balance(struct packet *p, const struct service *service, struct connection *known,
					    __u64 now_ns)
{
	if (unlikely(!known))
		return begin(p, service, now_ns);
	if (likely(known->service == service->id && !is_expired(p, known, now_ns) && !begins_again(p, known)))
		return carry_on(p, service, known, now_ns);
	count_active(p, known, -1);
	bpf_map_delete_elem(&connections, &p->flow);
	service = find_service(&p->flow);
	return service ? begin(p, service, now_ns) : DROPPED_NOT_SERVED;
}
