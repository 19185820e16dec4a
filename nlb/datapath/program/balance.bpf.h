/* SPDX-License-Identifier: GPL-2.0 */
/* One packet of a flow: which server it goes to, and what is recorded of its connection. */
#pragma once

#include "connection.bpf.h"
#include "half-open.bpf.h"
#include "entering.bpf.h"
#include "hints.bpf.h"
#include "known.bpf.h"
#include "placement.bpf.h"
#include "tally.bpf.h"

/* The packet is to be forwarded to that server, and counted for that service. */
static __always_inline enum outcome send_to(struct packet *p, const struct server *server, __u32 id, __u32 service,
					    enum outcome outcome)
{
	p->to = server;
	p->server = id;
	p->service = service;
	return outcome;
}

static __always_inline enum outcome move_connection(struct packet *p, const struct service *service,
						    struct connection *known, __u64 now_ns)
{
	__u32 id = select_server(p->flow, service->id, now_ns);
	struct server *server = find_usable_server(id);
	if (!server)
		return DROPPED_NO_SERVER;
	count_active(p, known, -1);
	known->seen_ns = now_ns;
	known->server = id;
	known->server_address = server->address;
	known->state = next_state(p, known->state);
	count_active(p, known, 1);
	bind_client(service, p->flow, known);
	return send_to(p, server, id, known->service, FORWARDED_MOVED);
}

/*
 * Changes the connection's state, on the same server. Only the state is written: a full table may have given the entry to
 * another connection meanwhile, and that one keeps its server.
 */
static __always_inline enum outcome change_state(struct packet *p, const struct service *service,
						 struct connection *known, enum connection_state next)
{
	bool was_active = is_active(known);
	count_active(p, known, -1);
	known->state = next;
	count_active(p, known, 1);
	if (!was_active && is_active(known))
		bind_client(service, p->flow, known);
	if (next != STATE_UNPROVEN)
		return FORWARDED_ESTABLISHED;
	count_opened(p, known->server, known->service);
	return FORWARDED_NEW;
}

/*
 * A connection keeps its server until that is gone, whatever the selection says by now. So does one that begins again with the
 * same ports: the FIN or RST before, and the SYN, may be forged, and the connection may be alive.
 */
static __always_inline enum outcome continue_connection(struct packet *p, const struct service *service,
							struct connection *known, __u64 now_ns)
{
	__u32 id = known->server;
	struct server *server = find_bound_server(id, known->server_address);
	if (unlikely(!server))
		return move_connection(p, service, known, now_ns);
	known->seen_ns = now_ns;
	enum connection_state next = next_state(p, known->state);
	enum outcome outcome = next == STATE_UNPROVEN ? FORWARDED_REPEATED : FORWARDED_ESTABLISHED;
	if (next != known->state)
		outcome = change_state(p, service, known, next);
	return send_to(p, server, id, known->service, outcome);
}

/* A half-open connection is proven by this packet: it moves to the table of proven ones, if the limit allows. */
static __always_inline bool establish(struct packet *p, const struct service *service, struct connection *proven)
{
	bool entered = false;
	proven->state = proven_state(p);
	if (!enter(p, proven, &entered))
		return false;
	if (is_tcp(p))
		mark_known(p);
	forget_half_open(p);
	if (entered)
		count_active(p, proven, 1);
	bind_client(service, p->flow, proven);
	return true;
}

/* The service of the flow's half-open connection, which is then in `pending`; or NULL. */
static __always_inline struct service *find_half_open(const struct packet *p, __u64 now_ns, struct connection *pending)
{
	if (!read_half_open(p, pending) || is_expired(p, pending, now_ns))
		return NULL;
	return service_of(pending, p->flow);
}

/* A packet of a new connection, or of a half-open one, which stays with the service that it began with. */
static __always_inline enum outcome begin_connection(struct packet *p, const struct service *service, __u64 now_ns)
{
	struct connection pending;
	struct service *own = find_half_open(p, now_ns, &pending);
	if (own)
		service = own;
	struct server *server = own ? find_bound_server(pending.server, pending.server_address) : NULL;
	/* A first packet again counts as new: a server that gets no new connections does not get it either. */
	bool stays = server && (proves(p) || is_eligible_for(service, pending.server));
	__u32 id = stays ? pending.server : select_server(p->flow, service->id, now_ns);
	if (!stays)
		server = find_usable_server(id);
	if (!server)
		return DROPPED_NO_SERVER;
	struct connection next = {
		.seen_ns = now_ns,
		.server = id,
		.server_address = server->address,
		.service = service->id,
	};
	bool proven = own && proves(p);
	bool entered = proven && establish(p, service, &next);
	if (!entered)
		write_half_open(p, &next);
	if (!own)
		count_opened(p, id, service->id);
	enum outcome outcome = !own ? FORWARDED_NEW : !stays ? FORWARDED_MOVED : FORWARDED_REPEATED;
	if (proven && stays)
		outcome = entered ? FORWARDED_ESTABLISHED : FORWARDED_NOT_ENTERED;
	return send_to(p, server, id, service->id, outcome);
}

/* Whether the connection goes on, or another one begins with the same ports on the same server. */
static __always_inline bool continues(const struct packet *p, const struct service *service,
				      const struct connection *known, __u64 now_ns)
{
	if (known->service != service->id || is_expired(p, known, now_ns))
		return false;
	return !begins_again(p, known->state) || find_bound_server(known->server, known->server_address);
}

/*
 * `known`: the flow's proven connection, or NULL. It counts as absent if its service is gone, it has expired, or another
 * connection begins with the same ports and its server is gone.
 */
static __always_inline enum outcome balance(struct packet *p, const struct service *service, struct connection *known,
					    __u64 now_ns)
{
	if (likely(known && continues(p, service, known, now_ns)))
		return continue_connection(p, service, known, now_ns);
	if (known) {
		remove_connection(p, known);
		service = find_service(p->flow);
	}
	return service ? begin_connection(p, service, now_ns) : DROPPED_NOT_SERVED;
}
