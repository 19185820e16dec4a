// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that the data path is measured with: generators, a sink, and two to compare it with. None of them runs in production.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define PORTS_PER_SOURCE 50000
#define LOWEST_PORT 10000

/* The frames to make. User space writes it, and reads how far it has come. */
struct stream {
	__u64 made;
	__u32 flows; /* round-robin */
	__u32 packets_per_flow; /* consecutive: with TCP a SYN and then ACKs */
	__u32 source; /* address of the first client, in host order */
	__u32 ifindex; /* to send on */
	__u8 to[ETH_ALEN];
	__u8 from[ETH_ALEN];
	__u32 zero;
};
_Static_assert(sizeof(struct stream) == 40, "shared with user space");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stream);
} stream SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} measured SEC(".maps");

/*
 * Frames by the last octet of the server's hardware address; in the last row those to no server. Each CPU has rows of its
 * own.
 */
#define SERVERS 256
#define ROWS (SERVERS + 1)
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ROWS); /* set at load: times the processors */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} arrivals SEC(".maps");

struct headers {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp; /* UDP has its ports in the same place */
} __attribute__((packed));

/* The headers of the frame, or NULL where it is too short. */
static __always_inline struct headers *headers_of(struct xdp_md *ctx)
{
	struct headers *found = (void *)(long)ctx->data;
	return (void *)(found + 1) <= (void *)(long)ctx->data_end ? found : NULL;
}

/*
 * The next frame of the stream, made from the previous one: whatever the data path or the stream changes is written again.
 * Checksums are left alone, because nothing on the way verifies them.
 */
static __always_inline struct stream *make_frame(struct headers *frame)
{
	__u32 first = 0;
	struct stream *made = bpf_map_lookup_elem(&stream, &first);
	if (!made || !made->packets_per_flow || !made->flows)
		return NULL;
	__u32 flow = made->made / made->packets_per_flow % made->flows;
	bool begins = made->made % made->packets_per_flow == 0;
	made->made++;
	__builtin_memcpy(frame->eth.h_dest, made->to, ETH_ALEN);
	__builtin_memcpy(frame->eth.h_source, made->from, ETH_ALEN);
	frame->ip.saddr = bpf_htonl(made->source + flow / PORTS_PER_SOURCE);
	frame->tcp.source = bpf_htons(LOWEST_PORT + flow % PORTS_PER_SOURCE);
	if (frame->ip.protocol == IPPROTO_TCP) {
		frame->tcp.syn = begins;
		frame->tcp.ack = !begins;
	}
	return made;
}

/* The floor: the cost of running any program. */
SEC("xdp")
int do_nothing(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_DROP;
}

/* The next hop of a flow. */
struct hop {
	__u8 mac[ETH_ALEN];
	__u8 own_mac[ETH_ALEN];
	__u32 ifindex;
};
_Static_assert(sizeof(struct hop) == 16, "shared with user space");

struct flow {
	__be32 source;
	__be32 destination;
	__be32 ports;
	__u32 protocol;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1000000); /* set at load: as many as the data path's table of connections */
	__type(key, struct flow);
	__type(value, struct hop);
} hops SEC(".maps");

/* The next hop of flows that have none yet. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hop);
} new_hop SEC(".maps");

/* The flow of the frame with these headers; false where there is none. */
static __always_inline bool take_flow(struct xdp_md *ctx, const struct headers *frame, struct flow *flow)
{
	if (frame->eth.h_proto != bpf_htons(ETH_P_IP) || frame->ip.version != 4)
		return false;
	if (frame->ip.protocol != IPPROTO_TCP && frame->ip.protocol != IPPROTO_UDP)
		return false;
	const __be32 *ports = (void *)&frame->ip + frame->ip.ihl * 4;
	if ((void *)(ports + 1) > (void *)(long)ctx->data_end)
		return false;
	*flow = (struct flow){ frame->ip.saddr, frame->ip.daddr, *ports, frame->ip.protocol };
	return true;
}

/* The flow's next hop; a new flow is entered. */
static __always_inline struct hop *find_hop(const struct flow *flow)
{
	__u32 first = 0;
	struct hop *known = bpf_map_lookup_elem(&hops, flow);
	struct hop *hop = known ? known : bpf_map_lookup_elem(&new_hop, &first);
	if (!known && hop)
		bpf_map_update_elem(&hops, flow, hop, BPF_ANY);
	return hop;
}

static __always_inline void copy_mac(__u8 *to, const __u8 *from)
{
	*(__u32 *)to = *(__u32 *)from;
	*(__u16 *)(to + 4) = *(__u16 *)(from + 4);
}

/*
 * The least forwarder: what any program must do that keeps a flow where it began. It reads up to the ports, looks the flow up
 * in a table of the same kind and size as the data path's, readdresses the frame and sends it.
 */
SEC("xdp")
int forward_least(struct xdp_md *ctx)
{
	struct headers *frame = headers_of(ctx);
	struct flow flow;
	if (!frame || !take_flow(ctx, frame, &flow))
		return XDP_PASS;
	struct hop *hop = find_hop(&flow);
	if (!hop)
		return XDP_ABORTED;
	copy_mac(frame->eth.h_dest, hop->mac);
	copy_mac(frame->eth.h_source, hop->own_mac);
	return bpf_redirect(hop->ifindex, 0);
}

/* Each run gives the next frame of the stream to the measured program. */
SEC("xdp")
int feed(struct xdp_md *ctx)
{
	struct headers *frame = headers_of(ctx);
	if (frame && make_frame(frame))
		bpf_tail_call(ctx, &measured, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int generate(struct xdp_md *ctx)
{
	struct headers *frame = headers_of(ctx);
	struct stream *made = frame ? make_frame(frame) : NULL;
	return made ? bpf_redirect(made->ifindex, 0) : XDP_ABORTED;
}

/* Servers have the hardware addresses 02:00:00:01:00:00 to 02:00:00:01:00:ff. */
static __always_inline __u32 row_of(const __u8 *mac)
{
	bool server = mac[0] == 2 && mac[1] == 0 && mac[2] == 0 && mac[3] == 1 && mac[4] == 0;
	return server ? mac[5] : SERVERS;
}

SEC("xdp")
int count(struct xdp_md *ctx)
{
	struct headers *frame = headers_of(ctx);
	__u32 row = bpf_get_smp_processor_id() * ROWS + (frame ? row_of(frame->eth.h_dest) : SERVERS);
	__u64 *arrived = bpf_map_lookup_elem(&arrivals, &row);
	if (arrived)
		(*arrived)++;
	return XDP_DROP;
}
