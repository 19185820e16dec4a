/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connections of which one packet has been seen. Each has the row of its flow's hash, and one that comes later to the same row
 * takes its place: no list to keep, nothing to make room for, one line of memory.
 *
 * Two processors may write one row at once, and leave words of both. So each word of the flow is mixed with all that follows:
 * words that were not written together give no flow that anybody asks for (the lockless table of Hyatt and Mann's chess program).
 */
#pragma once

#include "connection.bpf.h"
#include "placement.bpf.h"

static __always_inline struct embryo *row_of(const struct packet *p)
{
	__u32 row = hash_of(p->flow) & (p->settings->embryo_rows - 1); /* a power of two */
	return bpf_map_lookup_elem(&embryos, &row);
}

/* In two steps: a word whose halves have just been written is waited for. */
static __always_inline __u64 addresses_of(const struct flow *flow)
{
	return (__u64)flow->destination << 32 | flow->source;
}

static __always_inline __u64 ports_of(const struct flow *flow)
{
	return (__u64)flow->protocol << 32 | (__u32)flow->destination_port << 16 | flow->source_port;
}

/* Whether the row is the flow's; what it says is then `embryo`. */
static __always_inline bool read_embryo(const struct packet *p, struct connection *embryo)
{
	struct embryo *row = row_of(p);
	if (!row)
		return false;
	__u64 bond = *(volatile __u64 *)&row->bond;
	__u64 seen_ns = *(volatile __u64 *)&row->seen_ns;
	__u64 mix = bond ^ seen_ns;
	if ((row->addresses ^ mix) != addresses_of(p->flow) || (row->ports ^ mix) != ports_of(p->flow))
		return false;
	*embryo = (struct connection){
		.seen_ns = seen_ns,
		.server = bond & 0xffff,
		.service = bond >> 16 & 0xffff,
		.server_address = bond >> 32,
	};
	return true;
}

static __always_inline void write_embryo(const struct packet *p, const struct connection *embryo)
{
	struct embryo *row = row_of(p);
	if (!row)
		return;
	__u64 bond = (__u64)embryo->server_address << 32 | (__u32)embryo->service << 16 | (embryo->server & 0xffff);
	__u64 mix = bond ^ embryo->seen_ns;
	row->addresses = addresses_of(p->flow) ^ mix;
	row->ports = ports_of(p->flow) ^ mix;
	row->bond = bond;
	row->seen_ns = embryo->seen_ns;
}

static __always_inline void forget_embryo(const struct packet *p)
{
	struct embryo *row = row_of(p);
	if (row)
		*row = (struct embryo){};
}
