/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Filter of heartbeats before the daemon, which verifies each one that gets through and must not have to verify a flood. What
 * cannot be a heartbeat is dropped. Who does not see the peer's beats cannot know its boot, as an off-path attacker cannot
 * know a TCP sequence number (RFC 5961): so beats of an unverified boot have a lower limit than those of the verified one.
 */
#pragma once

#include "clock.bpf.h"
#include "lookup.bpf.h"
#include "packet.bpf.h"

#define BEAT_MAGIC 0x4e4c4250 /* NLBP */

/* See pair/envelope.ts and pair/beat.ts. */
struct beat_head {
	__be32 magic;
	__u8 version;
	__u8 path;
	__u8 state;
	__u8 fitness;
	__u8 flags;
	__u64 boot;
} __attribute__((packed));
_Static_assert(sizeof(struct beat_head) == 17, "as in a datagram");

/* The path with that address of ours; BEAT_PATHS if there is none. */
static __always_inline __u32 path_to(const struct settings *settings, __be32 own)
{
	if (own == settings->beat_paths[ACCESS_PATH].own)
		return ACCESS_PATH;
	return own == settings->beat_paths[SERVER_PATH].own ? SERVER_PATH : BEAT_PATHS;
}

/* The head of a well-formed heartbeat from the peer's address and port; or NULL. The cursor is then behind it. */
static __always_inline struct beat_head *take_beat(struct packet *p, const struct iphdr *ip,
						   const struct beat_path *path)
{
	const struct settings *settings = p->settings;
	struct udphdr *udp;
	struct beat_head *head;
	p->next = (void *)ip + ip->ihl * 4;
	if (!take(p, udp) || !take(p, head))
		return NULL;
	__u32 bytes = bpf_ntohs(udp->len) - sizeof(*udp);
	bool sized = bytes >= BEAT_LEAST_BYTES && bytes <= BEAT_MOST_BYTES;
	bool by_peer = ip->saddr == path->peer && udp->source == settings->beat_port;
	bool unfragmented = !(ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS));
	return by_peer && unfragmented && sized && head->magic == bpf_htonl(BEAT_MAGIC) ? head : NULL;
}

/* Two CPUs that count at the same time may let one more through. */
static __always_inline bool is_allowed(struct allowance *allowance, __u64 most, __u64 now_ns)
{
	if (now_ns - allowance->from_ns >= BEAT_WINDOW_NS) {
		allowance->from_ns = now_ns;
		allowance->passed = 0;
	}
	if (allowance->passed >= most)
		return false;
	allowance->passed++;
	return true;
}

/* A segment that is not to a cluster address. What is not to our hardware address (a switch may flood it) the kernel drops. */
static __always_inline enum outcome decide_beat(struct packet *p, const struct iphdr *ip,
					       const struct datapath_interface *interface)
{
	const struct settings *settings = p->settings;
	struct lease *page = only_entry(&lease);
	bool ours = is_same_mac(p->eth->h_dest, interface->mac) || p->eth->h_dest[0] & 1;
	if (!page || !ours || ip->protocol != IPPROTO_UDP || p->flow->destination_port != settings->beat_port)
		return PASSED_NOT_OURS;
	__u32 path = path_to(settings, ip->daddr);
	if (path >= BEAT_PATHS)
		return PASSED_NOT_OURS;
	struct beat_head *head = take_beat(p, ip, &settings->beat_paths[path]);
	if (!head)
		return DROPPED_NO_BEAT;
	bool known = page->peer_boot && head->boot == page->peer_boot;
	struct allowance *allowance = &page->allowances[2 * path + known];
	bool allowed = is_allowed(allowance, known ? BEATS_ALLOWED : UNVERIFIED_BEATS_ALLOWED, clock_ns());
	return allowed ? PASSED_BEAT : DROPPED_BEAT_FLOOD;
}
