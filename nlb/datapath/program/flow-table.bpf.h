/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hash tables of flows in one array of rows of 32 octets. A flow's row is in the group of its hash and nowhere else. The kernel's LRU table
 * takes a bucket, an entry and, to insert, a list and its lock.
 *
 * A group of proven connections has eight rows, a group of half-open ones, of which one packet has been seen, has two: one cache line.
 * They are apart, so a flood of first packets evicts only half-open connections.
 *
 *   word           seen_ns | binding | addresses ^ binding ^ ports × SPREAD | ports, protocol, state, line (the last word)
 *   never used        0    |    0    |                   0                  |      0
 *   free              -    |    -    |                   -                  |      0
 *   locked            -    |    -    |                   -                  | all ones: user space makes it "never used"
 *
 * A search begins at the cache line that the hash chooses and goes on behind the last row of the group with the first, and each flow takes
 * the first row that is vacant in this order: so a lookup ends at the first row that was never used, and of a full table it finds 93 of
 * 100 flows in the first line. A full table has three proven connections a group. If the eight rows of one are taken all the same,
 * the connection that expires first is evicted.
 *
 * A CPU takes a row, frees it or changes its state by compare-and-exchange of its last word: of several CPUs one succeeds, and
 * counts it. The other words are written one by one. So the addresses are stored XORed with all that must belong to them: words
 * that were not written together match no flow (as in Hyatt and Mann's lockless transposition table).
 *
 * The hash has a secret seed. Without it, an attacker could choose flows of one group, and evict a connection of somebody else.
 */
#pragma once

#include "hints.bpf.h"
#include "lookup.bpf.h"
#include "packet.bpf.h"

/* Of 64 bits, odd: 2⁶⁴ divided by the golden ratio, and a multiplier of the SplitMix64 generator. */
#define SPREAD 0x9e3779b97f4a7c15ULL
#define SPREAD_AGAIN 0xbf58476d1ce4e5b9ULL
#define PORTS_AND_PROTOCOL ((1ULL << 40) - 1)
#define STATE_AT 40
#define LINE_AT 48
#define LOCKED ~0ULL

/* By halves: to load a word whose halves have just been stored makes the CPU wait. */
static __always_inline struct flow_key key_of(const struct packet *p)
{
	const struct flow *flow = p->flow;
	__u64 addresses = (__u64)flow->destination << 32 | flow->source;
	__u64 ports = (__u64)flow->protocol << 32 | (__u32)flow->destination_port << 16 | flow->source_port;
	__u64 spread = ports * SPREAD;
	__u64 hash = ((addresses ^ p->settings->hash_seed) + spread) * SPREAD_AGAIN;
	hash = (hash ^ hash >> 32) * SPREAD;
	return (struct flow_key){ .addresses = addresses ^ spread, .ports = ports, .hash = hash };
}

/* Result of a lookup: the flow's row, or a vacant one. */
struct found {
	struct flow_row *row;
	__u32 number; /* of the row in its group; plus VACANT, if the flow has none and may take this one; NO_ROW if user space has locked it */
	__u64 last; /* word of the row */
	struct connection connection; /* in the row: the flow's, or the one that would be evicted */
};

#define VACANT GROUP_ROWS
#define NO_ROW (2 * GROUP_ROWS)

static __always_inline bool is_known(const struct found *found)
{
	return found->number < GROUP_ROWS;
}

static __always_inline __u64 word(const void *eight_octets)
{
	return *(volatile __u64 *)eight_octets;
}

static __always_inline void put_word(void *eight_octets, __u64 value)
{
	*(volatile __u64 *)eight_octets = value;
}

static __always_inline bool exchange_last(struct flow_row *row, __u64 before, __u64 after)
{
	return __sync_val_compare_and_swap((__u64 *)&row->identity, before, after) == before;
}

static __always_inline __u64 binding_of(const struct connection *connection)
{
	return (__u64)connection->server_address << 32 | (__u32)connection->service << 16 | (connection->server & 0xffff);
}

static __always_inline struct connection connection_in(const struct flow_row *row, __u64 binding, __u64 last)
{
	return (struct connection){
		.seen_ns = word(&row->seen_ns),
		.server = binding & 0xffff,
		.service = binding >> 16 & 0xffff,
		.server_address = binding >> 32,
		.state = last >> STATE_AT & 0xff,
	};
}

/* When a connection in that state expires; never, if user space has locked the row. */
static __always_inline __u64 ends_ns(const struct settings *current, __u64 seen_ns, __u64 state)
{
	barrier_var(state); /* the verifier must see the comparison of what is then the index */
	return state >= STATES ? ~0ULL : seen_ns + current->timeouts_ns[state];
}

/* Where the search for a proven connection begins. */
static __always_inline __u64 line_of(const struct flow_key *key)
{
	return key->hash >> 30 & (GROUP_ROWS / LINE_ROWS - 1);
}

/* 0 if a row with these words is the flow's. */
static __always_inline __u64 difference(const struct flow_row *row, const struct flow_key *key, __u64 last, __u64 binding)
{
	return ((last & PORTS_AND_PROTOCOL) ^ key->ports) | (word(&row->addresses) ^ binding ^ key->addresses);
}

/* 1 if any bit is set, else 0. Computed, for the CPU would predict a branch wrongly where the value is a matter of chance. */
static __always_inline __u64 any_bit(__u64 bits)
{
	__u64 any = (bits | -bits) >> 63;
	barrier_var(any);
	return any;
}

/* The compiler would count by a pointer, whose end the verifier does not see. */
static __always_inline const struct flow_row *row_at(const struct flow_group *group, __u64 row)
{
	barrier_var(row);
	return &group->rows[row & (GROUP_ROWS - 1)];
}

/*
 * VACANT plus the number of the row whose connection expires first, among so many that are all taken. Global, as below: verified once,
 * and out of the way of the searches that find their flow.
 */
__noinline __u32 first_to_expire(const struct flow_group *group, __u32 start, __u32 rows, const struct settings *current)
{
	__u64 first_ns = ~0ULL;
	__u32 first = NO_ROW;
	if (!group || !current)
		return NO_ROW;
	for (__u32 i = 0; i < rows && i < GROUP_ROWS; i++) {
		__u32 number = (start + i) % GROUP_ROWS;
		const struct flow_row *row = row_at(group, number);
		__u64 own_ns = ends_ns(current, row->seen_ns, word(&row->identity) >> STATE_AT & 0xff);
		if (own_ns < first_ns) {
			first_ns = own_ns;
			first = VACANT + number;
		}
	}
	return first;
}

/*
 * The number of the flow's row; or VACANT plus the number of the row that it may take: the first free one, or else the one whose
 * connection expires first; or NO_ROW. A global function, so that the verifier checks it once: its eight exits, each with another
 * row, would multiply the states to check behind it.
 */
__noinline __u32 search_rows(const struct flow_group *group, __u32 start, __u32 rows, const struct flow_key *key,
			    const struct settings *current)
{
	__u32 vacant = 0;
	if (!group || !key || !current)
		return NO_ROW;
	for (__u32 i = 0; i < rows && i < GROUP_ROWS; i++) {
		__u32 number = (start + i) % GROUP_ROWS;
		const struct flow_row *row = row_at(group, number);
		__u64 last = word(&row->identity);
		if ((last & PORTS_AND_PROTOCOL) == key->ports && !difference(row, key, last, word(&row->binding)))
			return number;
		bool open = !last || last == LOCKED; /* no later row is taken before this one */
		if (open && !vacant)
			vacant = last ? NO_ROW : VACANT + number;
		if (!last && !word(&row->binding))
			break; /* neither this row nor any later one was ever used */
	}
	return vacant ? vacant : first_to_expire(group, start, rows, current);
}

/*
 * Most flows have one of the first two rows, which are one cache line, or may take the first: that is decided without a call. Which of the
 * two is a matter of chance, so there is no branch between them.
 */
static __always_inline __u32 find_row(const struct packet *p, const struct flow_group *group, __u32 start, __u32 rows)
{
	const struct flow_row *row = &group->rows[start], *next = &group->rows[start + 1];
	__u64 last = word(&row->identity), binding = word(&row->binding);
	__u64 second = difference(next, &p->key, word(&next->identity), word(&next->binding));
	__u64 not_first = any_bit(difference(row, &p->key, last, binding));
	if (likely(!not_first || !second))
		return start + not_first;
	if (likely(!last && !binding))
		return VACANT + start;
	return search_rows(group, start, rows, &p->key, p->settings);
}

/* Hides from the verifier what it knows of the number, so that it checks what follows once for all numbers. */
static __always_inline __u32 any_number(const struct packet *p, __u64 number)
{
	__u64 mask = p->key.hash;
	number ^= mask;
	barrier_var(number);
	number ^= mask;
	barrier_var(number);
	return number;
}

/* Number of the group of a flow in a region. */
static __always_inline __u32 group_in(const struct flow_region *region, const struct flow_key *key)
{
	return (key->hash >> 32) * region->groups >> 32;
}

/* The group of the packet's flow among proven ones. False if there is none, which only the verifier takes to be possible. */
static __always_inline bool find_group(struct packet *p)
{
	const struct flow_region *region = &p->settings->proven[is_tcp(p) ? TABLE_CONNECTIONS : TABLE_UDP_FLOWS];
	p->key = key_of(p);
	__u32 index = region->first + group_in(region, &p->key);
	p->group = bpf_map_lookup_elem(&flows, &index);
	return p->group;
}

/* What is in that row: the flow's connection, or the one that the flow may evict. The number is as in `struct found`. */
static __always_inline void look_at(const struct packet *p, struct flow_group *group, __u32 number, struct found *found)
{
	found->number = any_number(p, number);
	found->row = &group->rows[found->number & (GROUP_ROWS - 1)];
	__u64 last = word(&found->row->identity), binding = word(&found->row->binding);
	if (is_known(found) && difference(found->row, &p->key, last, binding))
		found->number = NO_ROW;
	found->last = last;
	found->connection = connection_in(found->row, binding, last);
}

/* Look the flow up among so many rows from the start on, which is the first of a cache line. */
static __always_inline void find_flow(const struct packet *p, struct flow_group *group, __u32 start, __u32 rows,
				      struct found *found)
{
	look_at(p, group, find_row(p, group, start, rows), found);
}

static __always_inline void find_proven(const struct packet *p, struct found *found)
{
	find_flow(p, p->group, line_of(&p->key) * LINE_ROWS, GROUP_ROWS, found);
}

/*
 * Take the vacant row, unless another CPU has. `seen_ns` is written first, so that user space never finds the row in use and expired.
 * What was in it before is still in `vacant`.
 */
static __always_inline bool take_row(const struct found *vacant, const struct flow_key *key,
				     const struct connection *connection)
{
	struct flow_row *row = vacant->row;
	__u64 binding = binding_of(connection);
	if (vacant->number >= NO_ROW || vacant->last == LOCKED)
		return false;
	row->seen_ns = connection->seen_ns;
	if (!exchange_last(row, vacant->last, key->ports | (__u64)connection->state << STATE_AT | line_of(key) << LINE_AT))
		return false;
	put_word(&row->addresses, key->addresses ^ binding);
	put_word(&row->binding, binding);
	return true;
}

/* The clock goes in ticks, so most packets of a busy connection need not write. */
static __always_inline void see(struct found *found, __u64 now_ns)
{
	if (found->connection.seen_ns != now_ns)
		found->row->seen_ns = now_ns;
	found->connection.seen_ns = now_ns;
}

static __always_inline bool free_found(const struct found *found)
{
	return exchange_last(found->row, found->last, 0);
}

/* False if the row has been changed since the lookup. */
static __always_inline bool set_state(struct found *found, enum connection_state state)
{
	__u64 next = (found->last & ~(0xffULL << STATE_AT)) | (__u64)state << STATE_AT;
	return exchange_last(found->row, found->last, next);
}

/* To the server and service of that connection, as of when it was seen. */
static __always_inline void rebind(struct flow_row *row, const struct flow_key *key, const struct connection *connection)
{
	__u64 binding = binding_of(connection);
	row->seen_ns = connection->seen_ns;
	put_word(&row->addresses, key->addresses ^ binding);
	put_word(&row->binding, binding);
}
