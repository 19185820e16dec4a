/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connections of which one packet has been seen. Each is in the row of its flow's hash or in the one beside it, and one that comes
 * when both are taken gets the older's: no list to keep, nothing to make room for, one line of memory or two.
 *
 * Two processors may write one row at once, and leave words of both. So each word of the flow is mixed with all that follows:
 * words that were not written together give no flow that anybody asks for (the lockless table of Hyatt and Mann's chess program).
 */
#pragma once

#include "connection.bpf.h"
#include "placement.bpf.h"

/* The row of the flow's hash, or the one beside it: an even one and the next are a pair. */
static __always_inline struct embryo *row_of(const struct packet *p, __u32 beside)
{
	__u32 row = (hash_of(p->flow) & (p->settings->embryo_rows - 1)) ^ beside; /* a power of two */
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

/* Whether the row is the flow's. */
static __always_inline bool is_row_of(const struct embryo *row, const struct flow *flow)
{
	__u64 mix = *(volatile __u64 *)&row->bond ^ *(volatile __u64 *)&row->seen_ns;
	return (row->addresses ^ mix) == addresses_of(flow) && (row->ports ^ mix) == ports_of(flow);
}

/* The flow's row of its two; or NULL. */
static __always_inline struct embryo *find_row(const struct packet *p)
{
	struct embryo *row = row_of(p, 0);
	if (row && likely(is_row_of(row, p->flow)))
		return row;
	row = row_of(p, 1);
	return row && is_row_of(row, p->flow) ? row : NULL;
}

/* The row to write a flow in that has none: of the two the one that was written longer ago. */
static __always_inline struct embryo *take_row(const struct packet *p)
{
	struct embryo *own = row_of(p, 0), *beside = row_of(p, 1);
	return own && beside && beside->seen_ns < own->seen_ns ? beside : own;
}

/* Whether there is one of the flow; what it says is then `embryo`. */
static __always_inline bool read_embryo(const struct packet *p, struct connection *embryo)
{
	struct embryo *row = find_row(p);
	if (!row)
		return false;
	__u64 bond = *(volatile __u64 *)&row->bond;
	*embryo = (struct connection){
		.seen_ns = *(volatile __u64 *)&row->seen_ns,
		.server = bond & 0xffff,
		.service = bond >> 16 & 0xffff,
		.server_address = bond >> 32,
	};
	return true;
}

static __always_inline void write_embryo(const struct packet *p, const struct connection *embryo)
{
	struct embryo *row = find_row(p);
	if (!row)
		row = take_row(p);
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
	struct embryo *row = find_row(p);
	if (row)
		*row = (struct embryo){};
}
