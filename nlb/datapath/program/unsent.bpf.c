// SPDX-License-Identifier: GPL-2.0
/*
 * What the data path has forwarded, and counted as that, and what did not leave. A redirect is carried out behind our program,
 * so these listen where the kernel says that it came to nothing. None of them is called for a frame that is sent, but
 * given_away_by_xdp(), once for each bulk.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>
#include "layout.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Of the kernel's own structures what is read here; where that lies, libbpf finds out on the machine (BPF CO-RE). */
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

/* The numbers are not the same in all kernels; libbpf puts in the machine's. */
enum skb_drop_reason {
	SKB_DROP_REASON_NOT_SPECIFIED = 2,
	SKB_DROP_REASON_QDISC_DROP = 53,
};

#define PACKET_OUTGOING 4 /* a copy for whoever watches packets that leave */

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
	UNSENT_NAMESPACE, /* told by user space: the number of the network namespace that the interfaces are in */
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

/* All namespaces share these events, and each numbers its interfaces from 1. */
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
 * What follows gets the arguments of the kernel's events, in include/trace/events/, each in a word.
 *
 * xdp_redirect_err(from, …): the next interface is down, gone, or sends no frame of XDP's. An interface runs one XDP program, so
 * what came in there was ours.
 */
SEC("tp_btf/xdp_redirect_err")
int refused_to_xdp(__u64 *arguments)
{
	if (is_ours((struct net_device *)arguments[0]))
		count_unsent(1);
	return 0;
}

/*
 * xdp_devmap_xmit(from, to, sent, drops, …): a bulk has been given to the driver of the next interface, which took some of it.
 * All of it came in on one interface.
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
 * xdp_exception(to, program, verdict): generic XDP finds the next interface's queue stopped, and says so as of a frame that is to
 * be sent back, which we never ask for.
 */
SEC("tp_btf/xdp_exception")
int queue_stopped_to_xdp(__u64 *arguments)
{
	if (arguments[2] == XDP_TX && is_ours((struct net_device *)arguments[0]))
		count_unsent(1);
	return 0;
}

/*
 * kfree_skb(skb, location, reason): a socket buffer is thrown away. Where no reason is given it does not count, because drivers let
 * go in the same words of what they have sent. The next interface may be stacked on another, so any of our namespace may be the one
 * that refuses.
 */
SEC("tp_btf/kfree_skb")
int thrown_away_by_tc(__u64 *arguments)
{
	struct sk_buff *skb = (struct sk_buff *)arguments[0];
	if (!BPF_CORE_READ_BITFIELD(skb, redirected) || !is_our_interface(skb->skb_iif))
		return 0;
	/* Where this one is unknown, before Linux 5.18, a full queue gave none, and the kernel refuses the program. */
	bool refused = arguments[2] == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_QDISC_DROP);
	if (!refused && arguments[2] == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NOT_SPECIFIED))
		return 0;
	if (BPF_CORE_READ_BITFIELD(skb, pkt_type) != PACKET_OUTGOING && is_in_our_namespace(skb->dev))
		count_unsent(1);
	return 0;
}
