/* SPDX-License-Identifier: GPL-2.0 */
/* Counters and tallies. */
#pragma once

#include <stdbool.h>
#include "packet.bpf.h"

static __always_inline void count_outcome(const struct packet *p, enum outcome outcome)
{
	__u32 row = bpf_get_smp_processor_id() * COUNTERS_PER_CPU + outcome;
	struct counter *counter = bpf_map_lookup_elem(&counters, &row);
	if (!counter)
		return;
	counter->packets++;
	counter->bytes += p->bytes;
}

struct tallies {
	struct tally *server; /* or NULL */
	struct tally *service; /* or NULL */
};

static __always_inline struct tallies tallies_of(const struct packet *p, __u32 server, __u32 service)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u32 server_row = cpu * p->settings->max_servers + server;
	__u32 service_row = cpu * p->settings->max_services + service;
	return (struct tallies){
		.server = bpf_map_lookup_elem(&server_tallies, &server_row),
		.service = bpf_map_lookup_elem(&service_tallies, &service_row),
	};
}

/* Counts a packet that is forwarded. */
static __always_inline void count_packet(const struct packet *p)
{
	struct tallies tallies = tallies_of(p, p->server, p->service);
	if (!tallies.server || !tallies.service)
		return;
	tallies.server->packets++;
	tallies.server->bytes += p->bytes;
	tallies.service->packets++;
	tallies.service->bytes += p->bytes;
}

static __always_inline void count_opened(const struct packet *p, __u32 server, __u32 service)
{
	struct tallies tallies = tallies_of(p, server, service);
	if (!tallies.server || !tallies.service)
		return;
	tallies.server->opened++;
	tallies.service->opened++;
}

static __always_inline bool is_active(const struct connection *connection)
{
	return connection->state == STATE_ESTABLISHED || connection->state == STATE_DATAGRAMS;
}

/* If the connection is active, counts one more or one less (`change` is 1 or -1). */
static __always_inline void count_active(const struct packet *p, const struct connection *connection, int change)
{
	if (!is_active(connection))
		return;
	struct tallies tallies = tallies_of(p, connection->server, connection->service);
	if (!tallies.server || !tallies.service)
		return;
	if (change > 0) {
		tallies.server->began++;
		tallies.service->began++;
	} else {
		tallies.server->ended++;
		tallies.service->ended++;
	}
}

/* The row of that table for this CPU; or NULL. */
static __always_inline struct table_count *table_count(enum flow_table table)
{
	__u32 row = bpf_get_smp_processor_id() * TABLES_PER_CPU + table;
	return bpf_map_lookup_elem(&table_counts, &row);
}

static __always_inline void count_refused(enum flow_table table)
{
	struct table_count *count = table_count(table);
	if (count)
		count->refused++;
}
