// SPDX-License-Identifier: GPL-2.0
/*
 * Counts frames that the data path has counted as forwarded and that did not leave. The kernel carries a redirect out after our
 * program has returned, so these programs listen to its events for redirects that failed. None is called for a frame that is
 * sent, except given_away_by_xdp(), once per bulk.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>
#include "layout.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* The members of kernel structures that are read here; libbpf finds their offsets on this machine (BPF CO-RE). */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
};

struct sk_buff {
	struct net_device *dev;
	int skb_iif;
	__u8 pkt_type : 3;
	__u8 redirected : 1;
};
#pragma clang attribute pop

/* The numbers differ between kernels; libbpf inserts this machine's. */
enum skb_drop_reason {
	SKB_DROP_REASON_NOT_SPECIFIED = 2,
	SKB_DROP_REASON_QDISC_DROP = 53,
};

#define PACKET_OUTGOING 4 /* a copy for packet sockets of a packet that leaves */

/* The data path's own. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct settings);
} settings SEC(".maps");

/* Losses are rare, so one row for all processors is enough. unsent.ts has the same numbers. */
enum unsent_row {
	UNSENT_FRAMES,
	UNSENT_NAMESPACE, /* written by user space: inode number of the network namespace of our interfaces */
	UNSENT_ROWS,
};

/* Made by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, UNSENT_ROWS);
	__type(key, __u32);
	__type(value, __u64);
} unsent SEC(".maps");

static __always_inline __u64 *row_of(__u32 row)
{
	return bpf_map_lookup_elem(&unsent, &row);
}

static __always_inline void count_unsent(int frames)
{
	__u64 *count = row_of(UNSENT_FRAMES);
	if (count && frames > 0)
		__sync_fetch_and_add(count, frames);
}

/* These events come from all network namespaces, and each of those numbers its interfaces from 1. */
static __always_inline bool is_in_our_namespace(const struct net_device *dev)
{
	__u64 *ours = row_of(UNSENT_NAMESPACE);
	return ours && *ours == dev->nd_net.net->ns.inum;
}

static __always_inline bool is_our_interface(int ifindex)
{
	__u32 first = 0;
	struct settings *current = bpf_map_lookup_elem(&settings, &first);
	if (!current)
		return false;
	for (__u32 index = 0; index < MAX_INTERFACES && index < current->interface_count; index++)
		if (current->interfaces[index].ifindex == ifindex)
			return true;
	return false;
}

static __always_inline bool is_ours(const struct net_device *dev)
{
	return is_our_interface(dev->ifindex) && is_in_our_namespace(dev);
}

/*
 * The programs get the arguments of the kernel's events (include/trace/events/), each in a word.
 *
 * xdp_redirect_err(from, …): the egress interface is down, gone, or cannot send XDP frames. An interface runs one XDP program,
 * so what arrived there was ours.
 */
SEC("tp_btf/xdp_redirect_err")
int refused_to_xdp(__u64 *arguments)
{
	if (is_ours((struct net_device *)arguments[0]))
		count_unsent(1);
	return 0;
}

/*
 * xdp_devmap_xmit(from, to, sent, drops, …): a bulk was given to the driver of the egress interface, which dropped some of it.
 * All of it arrived on one interface.
 */
SEC("tp_btf/xdp_devmap_xmit")
int given_away_by_xdp(__u64 *arguments)
{
	int drops = arguments[3];
	if (drops > 0 && is_ours((struct net_device *)arguments[0]))
		count_unsent(drops);
	return 0;
}

/*
 * xdp_exception(to, program, verdict): generic XDP finds the queue of the egress interface stopped. The verdict it reports is
 * XDP_TX, which our program never returns.
 */
SEC("tp_btf/xdp_exception")
int queue_stopped_to_xdp(__u64 *arguments)
{
	if (arguments[2] == XDP_TX && is_ours((struct net_device *)arguments[0]))
		count_unsent(1);
	return 0;
}

/*
 * kfree_skb(skb, location, reason): a socket buffer is dropped. Without a reason it does not count, because drivers free buffers
 * that they have sent in the same way. The egress interface may be stacked on another one, so the interface that drops may be any
 * of our namespace.
 */
SEC("tp_btf/kfree_skb")
int thrown_away_by_tc(__u64 *arguments)
{
	struct sk_buff *skb = (struct sk_buff *)arguments[0];
	if (!BPF_CORE_READ_BITFIELD(skb, redirected) || !is_our_interface(skb->skb_iif))
		return 0;
	/* Before Linux 5.18 this reason did not exist, a full queue gave none, and the kernel refuses the program. */
	bool refused = arguments[2] == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_QDISC_DROP);
	if (!refused && arguments[2] == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NOT_SPECIFIED))
		return 0;
	if (BPF_CORE_READ_BITFIELD(skb, pkt_type) != PACKET_OUTGOING && is_in_our_namespace(skb->dev))
		count_unsent(1);
	return 0;
}
