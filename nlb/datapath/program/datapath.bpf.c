// SPDX-License-Identifier: GPL-2.0
/*
 * The data path: what happens to each frame that arrives on an access or a server interface, the same for XDP and tc. It changes
 * nothing in a frame but the two hardware addresses.
 *
 * No packet to a cluster address reaches the node's own stack, which would answer it.
 */
#include "arp.bpf.h"
#include "beat.bpf.h"
#include "held.bpf.h"
#include "hints.bpf.h"
#include "lease.bpf.h"
#include "packet.bpf.h"
#include "related.bpf.h"
#include "tables.bpf.h"
#include "transport.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define TC_UNSPEC -1 /* to the next program, or on to the stack */
#define TC_SHOT 2

static __always_inline void readdress(struct ethhdr *eth, const struct server *server)
{
	copy_mac(eth->h_dest, server->mac);
	copy_mac(eth->h_source, server->own_mac);
}

static __always_inline bool is_for(const struct datapath_interface *interface, const struct ethhdr *eth)
{
	return is_same_mac(eth->h_dest, interface->mac);
}

/*
 * Of a frame with more tags than are parsed: whether the node's own stack may accept it. The stack removes any number of tags of
 * VLAN 0, and what is inside may be to a cluster address.
 */
static __always_inline bool may_reach_stack(const struct datapath_interface *interface, const struct ethhdr *eth)
{
	return is_for(interface, eth) || eth->h_dest[0] & GROUP_ADDRESS;
}

/* Whether it is what nearly all packets are: unfragmented TCP or UDP for us, neither beginning nor ending a connection. */
static __always_inline bool is_plain(const struct packet *p, const struct iphdr *ip,
				     const struct datapath_interface *interface, enum content content)
{
	bool whole = content == SEGMENT && !(ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS));
	bool ours = interface->roles & ROLE_ACCESS && is_for(interface, p->eth) && !p->tagged;
	return whole && ours && !(p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST));
}

/*
 * The fast path: forwards a plain packet of an established connection, in few steps. If it returns false, nothing has been
 * changed, and the packet takes the general path.
 */
static __always_inline bool take_fast_path(struct packet *p, struct found *found)
{
	struct connection *known = &found->connection;
	if (!is_known(found) || !service_of(known, p->flow) || !is_steady(known))
		return false;
	__u64 now_ns = tick_ns();
	struct server *server = find_bound_server(known->server, known->server_address);
	if (!server || is_expired(p, known, now_ns) || !may_forward(now_ns))
		return false;
	see(found, now_ns);
	send_to(p, server, known->server, known->service, FORWARDED_ESTABLISHED);
	return true;
}

/*
 * The fast path of a plain packet that proves a half-open connection. Otherwise it returns OUTCOMES, nothing has been changed,
 * and the packet takes the general path.
 */
static __always_inline enum outcome open_connection(struct packet *p, const struct found *vacant)
{
	__u64 now_ns = tick_ns();
	struct found before = { .number = NO_ROW };
	struct connection *known = &before.connection;
	struct service *service = proves(p) ? find_half_open(p, now_ns, &before) : NULL;
	struct server *server = service ? find_bound_server(known->server, known->server_address) : NULL;
	if (!server || !may_forward(now_ns))
		return OUTCOMES;
	struct connection next = *known;
	next.seen_ns = now_ns;
	bool entered = establish(p, service, vacant, &before, &next);
	if (unlikely(!entered))
		see(&before, now_ns);
	return send_to(p, server, next.server, next.service, entered ? FORWARDED_ESTABLISHED : FORWARDED_NOT_ENTERED);
}

/* Look up the packet's flow: its connection, and its service, which is that of the connection or else that of the port; or NULL. */
static __always_inline struct service *find_connection(struct packet *p, struct found *known)
{
	if (!find_group(p))
		return NULL;
	/* A first packet needs its slot as well: the CPU waits for all memory at the same time. */
	struct service *by_port = unlikely(p->tcp_flags & TCP_SYN) ? prefetch(p) : NULL;
	find_proven(p, known);
	struct service *service = is_known(known) ? service_of(&known->connection, p->flow) : NULL;
	if (likely(service))
		return service;
	return by_port ? by_port : find_service(p->flow);
}

static __always_inline enum outcome decide_ipv4(struct packet *p, const struct datapath_interface *interface)
{
	struct iphdr *ip = take_ipv4(p);
	if (unlikely(!ip))
		return PASSED_NOT_OURS;
	enum content content = take_content(p, ip);
	struct found known = { .number = NO_ROW };
	if (likely(is_plain(p, ip, interface, content))) {
		if (!find_group(p))
			return DROPPED_NO_SERVER;
		find_proven(p, &known);
		if (likely(take_fast_path(p, &known)))
			return FORWARDED_ESTABLISHED;
		enum outcome outcome = is_known(&known) ? OUTCOMES : open_connection(p, &known);
		if (p->to)
			return outcome;
	}

	bool flow = content == SEGMENT || content == ICMP_ERROR;
	struct service *service = likely(flow) ? find_connection(p, &known) : NULL;
	struct cluster_address *cluster_address = service ? NULL : find_cluster_address(ip->daddr);
	if (unlikely(!service && !cluster_address))
		return content == SEGMENT ? decide_beat(p, ip, interface) : PASSED_NOT_OURS;
	if (unlikely(!(interface->roles & ROLE_ACCESS)))
		return DROPPED_SERVER_SIDE;
	if (unlikely(!is_for(interface, p->eth)))
		return DROPPED_FLOODED;
	if (unlikely(p->tagged))
		return DROPPED_TAGGED;
	if (unlikely(content == MALFORMED))
		return DROPPED_MALFORMED;
	if (unlikely(!service && content != LATER_FRAGMENT))
		return DROPPED_NOT_SERVED;
	__u64 now_ns = tick_ns();
	if (unlikely(!may_forward(now_ns)))
		return DROPPED_NO_LEASE;
	if (unlikely(!service))
		return cluster_address ? forward_later_fragment(p, ip, cluster_address, now_ns) : DROPPED_NOT_SERVED;
	if (unlikely(content == ICMP_ERROR))
		return forward_icmp_error(p, service, &known, now_ns);
	return forward_segment(p, ip, service, &known, now_ns);
}

static __always_inline enum outcome decide(struct packet *p)
{
	struct settings *current = only_entry(&settings);
	struct datapath_interface interface;
	p->settings = current;
	if (!current || !find_interface(current, p->ifindex, &interface) || !take_ethernet(p))
		return PASSED_NOT_OURS;
	if (p->tagged && is_vlan_interface_of(current, p->ifindex, p->vlan))
		return PASSED_TAGGED;
	if (likely(p->ethertype == bpf_htons(ETH_P_IP)))
		return decide_ipv4(p, &interface);
	if (p->ethertype == bpf_htons(ETH_P_ARP))
		return decide_arp(p, current, &interface);
	return is_tag(p->ethertype) && may_reach_stack(&interface, p->eth) ? DROPPED_TAGGED : PASSED_NOT_OURS;
}

/* Octets of the headers in each of the segments that receive offload has merged; they leave one by one. */
static __always_inline __u32 segment_headers(const struct packet *p)
{
	struct iphdr *ip = (void *)(p->eth + 1);
	if ((void *)(ip + 1) > p->end)
		return 0;
	__u32 header = ip->ihl * 4;
	if (ip->protocol != IPPROTO_TCP)
		return header + sizeof(struct udphdr);
	struct tcphdr *tcp = (void *)ip + header;
	return (void *)(tcp + 1) > p->end ? header : header + tcp->doff * 4;
}

/*
 * Whether the packet is longer than the MTU of the interface to its server. The kernel would drop it silently after this
 * program had counted it as forwarded. It has no tag.
 */
static __always_inline bool is_too_long(const struct packet *p)
{
	__u32 mtu = p->to->mtu;
	if (likely(p->bytes - ETH_HLEN <= mtu))
		return false;
	return !p->segment_bytes || segment_headers(p) + p->segment_bytes > mtu;
}

static __always_inline enum outcome decide_and_count(struct packet *p, bool is_skb)
{
	enum outcome outcome = decide(p);
	if (p->to && unlikely(is_too_long(p))) {
		p->to = NULL;
		outcome = DROPPED_TOO_LONG;
	}
	if (unlikely(!p->to && outcome == HELD))
		outcome = hand_over(p, is_skb);
	count_outcome(p, outcome);
	if (p->to) {
		readdress(p->eth, p->to);
		count_packet(p);
	}
	return outcome;
}

/* A packet pointer from a 32-bit field of the context. The verifier refuses a load of half of it. */
static __always_inline void *pointer(__u32 field)
{
	void *address = (void *)(long)field;
	barrier_var(address);
	return address;
}

SEC("xdp")
int onevip_xdp(struct xdp_md *ctx)
{
	struct flow flow = {};
	struct packet p = {
		.context = ctx,
		.flow = &flow,
		.next = pointer(ctx->data),
		.end = pointer(ctx->data_end),
		.bytes = ctx->data_end - ctx->data,
		.ifindex = ctx->ingress_ifindex,
	};
	enum outcome outcome = decide_and_count(&p, false);
	if (p.to)
		return bpf_redirect(p.to->ifindex, 0);
	return outcome >= DROPPED_ARP_NO_LEASE ? XDP_DROP : XDP_PASS;
}

SEC("tc")
int onevip_tc(struct __sk_buff *skb)
{
	/* The headers must be in the linear part of the socket buffer, where they can be read. */
	if (skb->data_end - skb->data < HEADER_BYTES)
		bpf_skb_pull_data(skb, skb->len < HEADER_BYTES ? skb->len : HEADER_BYTES);
	struct flow flow = {};
	struct packet p = {
		.context = skb,
		.flow = &flow,
		.next = pointer(skb->data),
		.end = pointer(skb->data_end),
		.bytes = skb->len,
		.segment_bytes = skb->gso_size,
		.ifindex = skb->ingress_ifindex,
		.tagged = skb->vlan_present,
		.vlan = skb->vlan_tci & VLAN_ID,
	};
	enum outcome outcome = decide_and_count(&p, true);
	if (p.to)
		return bpf_redirect(p.to->ifindex, 0);
	return outcome >= DROPPED_ARP_NO_LEASE ? TC_SHOT : TC_UNSPEC;
}
