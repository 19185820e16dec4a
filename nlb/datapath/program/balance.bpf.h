/* SPDX-License-Identifier: GPL-2.0 */
/* One packet of a flow: which server it goes to, and what is recorded of its connection. */
#pragma once

#include "connection.bpf.h"
#include "entering.bpf.h"
#include "half-open.bpf.h"
#include "hints.bpf.h"
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

/*
 * The service of a first packet. Its slot is read early, so that the CPU waits for that memory and for that of its rows at the same
 * time.
 */
static __always_inline struct service *prefetch(struct packet *p)
{
	struct service *service = find_service(p->flow);
	struct selection *selection = service ? bpf_map_lookup_elem(&selections, &service->pool) : NULL;
	if (selection) {
		__u32 content = content_of_slot(service, selection, p->flow);
		barrier_var(content);
	}
	struct half_open_line line = half_open_line(p);
	__u64 last = line.entry ? word(&line.entry->rows[line.start].identity) : 0;
	barrier_var(last);
	return service;
}

/* User space gets the packet, and nothing is recorded of it. */
static __always_inline enum outcome hold(struct packet *p, const struct service *service, __u32 selected)
{
	p->service = service->id;
	p->held_by = selected >> HELD_AT;
	return HELD;
}

static __always_inline enum outcome move_connection(struct packet *p, const struct service *service, struct found *known,
					 __u64 now_ns)
{
	__u32 id = select_server(p->flow, service->id, now_ns);
	if (unlikely(is_held(id)))
		return hold(p, service, id);
	struct server *server = find_usable_server(id);
	if (!server)
		return DROPPED_NO_SERVER;
	struct connection next = {
		.seen_ns = now_ns,
		.server = id,
		.server_address = server->address,
		.service = known->connection.service,
		.state = next_state(p, known->connection.state),
	};
	if (set_state(known, next.state)) {
		rebind(known->row, &p->key, &next);
		count_active(p, &known->connection, -1);
		count_active(p, &next, 1);
	}
	bind_client(service, p->flow, &next);
	return send_to(p, server, id, next.service, FORWARDED_MOVED);
}

/* Changes the connection's state, on the same server. Another CPU may have changed it first: then that one has counted it. */
static __always_inline enum outcome change_state(struct packet *p, const struct service *service, struct found *known,
						 enum connection_state state)
{
	struct connection next = known->connection;
	next.state = state;
	if (set_state(known, state)) {
		count_active(p, &known->connection, -1);
		count_active(p, &next, 1);
	}
	if (!is_active(&known->connection) && is_active(&next))
		bind_client(service, p->flow, &next);
	if (state != STATE_UNPROVEN)
		return FORWARDED_ESTABLISHED;
	count_opened(p, next.server, next.service);
	return FORWARDED_NEW;
}

/*
 * A connection keeps its server until that is gone, whatever the selection says by now. So does one that begins again with the
 * same ports: the FIN or RST before, and the SYN, may be forged, and the connection may be alive.
 */
static __always_inline enum outcome continue_connection(struct packet *p, const struct service *service, struct found *known,
					     __u64 now_ns)
{
	struct connection *connection = &known->connection;
	struct server *server = find_bound_server(connection->server, connection->server_address);
	if (unlikely(!server))
		return move_connection(p, service, known, now_ns);
	see(known, now_ns);
	enum connection_state next = next_state(p, connection->state);
	enum outcome outcome = next == STATE_UNPROVEN ? FORWARDED_REPEATED : FORWARDED_ESTABLISHED;
	if (next != connection->state)
		outcome = change_state(p, service, known, next);
	return send_to(p, server, connection->server, connection->service, outcome);
}

/* A half-open connection is proven by this packet: it moves to the vacant row of its table, if the limit allows. */
static __always_inline bool establish(struct packet *p, const struct service *service, const struct found *vacant,
				      const struct found *before, struct connection *proven)
{
	proven->state = proven_state(p);
	if (!enter(p, vacant, proven))
		return false;
	free_found(before);
	bind_client(service, p->flow, proven);
	return true;
}

/*
 * A packet of a new connection, or of a half-open one, which stays with the service that it began with. `vacant`: the row of the
 * table of proven ones that it may take.
 */
static __always_inline enum outcome begin_connection(struct packet *p, const struct service *service,
						     const struct found *vacant, __u64 now_ns)
{
	struct found before = { .number = NO_ROW };
	struct service *own = find_half_open(p, now_ns, &before);
	struct connection *earlier = &before.connection;
	if (own)
		service = own;
	struct server *server = own ? find_bound_server(earlier->server, earlier->server_address) : NULL;
	/* A first packet again counts as new: a server that gets no new connections does not get it either. */
	bool stays = server && (proves(p) || is_eligible_for(service, earlier->server));
	__u32 id = stays ? earlier->server : select_server(p->flow, service->id, now_ns);
	if (unlikely(is_held(id)))
		return hold(p, service, id);
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
	bool entered = proven && establish(p, service, vacant, &before, &next);
	if (!entered) {
		next.state = STATE_UNPROVEN;
		write_half_open(p, &before, &next);
	}
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
 * `known`: the flow's proven connection, or the row that it may take. It counts as absent if its service is gone, it has expired, or
 * another connection begins with the same ports and its server is gone.
 */
static __always_inline enum outcome balance(struct packet *p, const struct service *service, struct found *known,
					    __u64 now_ns)
{
	if (likely(is_known(known) && continues(p, service, &known->connection, now_ns)))
		return continue_connection(p, service, known, now_ns);
	if (is_known(known)) {
		remove_connection(p, known);
		service = find_service(p->flow);
	}
	return service ? begin_connection(p, service, known, now_ns) : DROPPED_NOT_SERVED;
}
