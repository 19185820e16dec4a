/* SPDX-License-Identifier: GPL-2.0 */
/* A packet of a flow, and what is written down of its connection. */
#pragma once

#include "connection.bpf.h"
#include "hints.bpf.h"
#include "known.bpf.h"
#include "placement.bpf.h"
#include "tally.bpf.h"

/* To that server, for that service. */
static __always_inline enum outcome send_to(struct packet *p, const struct server *server, __u32 id, __u32 service,
					    enum outcome outcome)
{
	p->to = server;
	p->server = id;
	p->service = service;
	return outcome;
}

/* From one server to another, from one state to another: what was active no longer is, what is active now is. */
static __always_inline enum outcome change(struct packet *p, struct connection *known, __u32 id,
					   const struct server *server, enum outcome outcome)
{
	count_active(p, known, -1);
	known->server = id;
	known->server_address = server->address;
	known->state = next_state(p, known->state);
	count_active(p, known, 1);
	return send_to(p, server, id, known->service, outcome);
}

static __always_inline enum outcome move(struct packet *p, const struct service *service, struct connection *known,
					 __u64 now_ns)
{
	__u32 id = place(p->flow, service->id, now_ns);
	struct server *server = find_ready(id);
	if (!server)
		return DROPPED_NO_SERVER;
	known->seen_ns = now_ns;
	enum outcome outcome = change(p, known, id, server, FORWARDED_MOVED);
	bind_client(service, p->flow, known);
	return outcome;
}

/* A connection keeps its server until that is gone, whatever the selection says by now. */
static __always_inline enum outcome carry_on(struct packet *p, const struct service *service, struct connection *known,
					     __u64 now_ns)
{
	__u32 id = known->server;
	struct server *server = find_same(id, known->server_address);
	if (unlikely(!server))
		return move(p, service, known, now_ns);
	known->seen_ns = now_ns;
	if (unlikely(p->tcp_flags & (TCP_FIN | TCP_RST)))
		return change(p, known, id, server, FORWARDED_ESTABLISHED);
	return send_to(p, server, id, known->service, FORWARDED_ESTABLISHED);
}

/* The second packet that an embryo needs: the connection changes tables. */
static __always_inline void establish(struct packet *p, const struct service *service, struct connection *proven)
{
	proven->state = proven_state(p);
	if (bpf_map_update_elem(&connections, p->flow, proven, BPF_ANY))
		return;
	mark_known(p);
	bpf_map_delete_elem(&embryos, p->flow);
	count_active(p, proven, 1);
	bind_client(service, p->flow, proven);
}

static __always_inline struct connection *find_embryo(const struct packet *p, const struct service *service,
						      __u64 now_ns)
{
	struct connection *embryo = bpf_map_lookup_elem(&embryos, p->flow);
	return embryo && embryo->service == service->id && !is_expired(p, embryo, now_ns) ? embryo : NULL;
}

/* A connection that is new, or has yet to prove itself. */
static __always_inline enum outcome begin(struct packet *p, const struct service *service, __u64 now_ns)
{
	struct connection *embryo = find_embryo(p, service, now_ns);
	struct server *server = embryo ? find_same(embryo->server, embryo->server_address) : NULL;
	bool kept = server;
	__u32 id = kept ? embryo->server : place(p->flow, service->id, now_ns);
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
		bpf_map_update_elem(&embryos, p->flow, &next, BPF_ANY);
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
	if (likely(known && known->service == service->id && !is_expired(p, known, now_ns) && !begins_again(p, known)))
		return carry_on(p, service, known, now_ns);
	if (known) {
		count_active(p, known, -1);
		bpf_map_delete_elem(&connections, p->flow);
		service = find_service(p->flow);
	}
	return service ? begin(p, service, now_ns) : DROPPED_NOT_SERVED;
}
