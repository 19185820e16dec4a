/* SPDX-License-Identifier: GPL-2.0 */
/* ARP: requests for the NLBS address are answered under the lease alone, those for a cluster address never. */
#pragma once

#include "lease.bpf.h"
#include "packet.bpf.h"
#include "peer.bpf.h"

#define ARP_REQUEST 1
#define ARP_HARDWARE_ETHERNET 1

static __always_inline bool asks_for_ipv4(const struct arp_ipv4 *arp)
{
	return arp->hardware_type == bpf_htons(ARP_HARDWARE_ETHERNET) && arp->protocol_type == bpf_htons(ETH_P_IP) &&
	       arp->hardware_length == ETH_ALEN && arp->protocol_length == 4 &&
	       arp->operation == bpf_htons(ARP_REQUEST);
}

/*
 * A broadcast request of the peer for the NLBS address. The peer sends one when it is about to lead. It is noted here, because
 * without a lease the request is dropped, and not even a packet socket would see it. Unicast requests are ignored: by those the
 * peer checks whether we are there. A request without a sender's address is a probe (RFC 5227 section 2.1.1). If a probe names a
 * target hardware address, which RFC 826 leaves open, the peer is about to lead; if it names none, the peer leads from now on,
 * and a lapsed lease of ours is fenced, unless our daemon is dead and so will not wake.
 */
static __always_inline void handle_peer_request(struct packet *p, const struct arp_ipv4 *arp, __be32 sender,
						__u64 now_ns)
{
	const struct settings *settings = p->settings;
	bool fences = !sender && is_no_mac(arp->target_mac);
	if (fences && has_lapsed(now_ns) && daemon_lives())
		end_forwarding();
	else if (!fences && (!sender || sender == settings->beat_paths[ACCESS_PATH].peer))
		note_peer_asks(now_ns);
}

/*
 * Only requests are answered, so only requests are dropped. In the prior-art layout the NLBS address is the cluster address:
 * then the lease decides.
 */
static __always_inline enum outcome decide_arp(struct packet *p, const struct settings *settings,
					       const struct datapath_interface *interface)
{
	struct arp_ipv4 *arp;
	if (!take(p, arp) || !asks_for_ipv4(arp))
		return PASSED_ARP;
	__be32 sender, target;
	__builtin_memcpy(&sender, arp->sender_ip, sizeof(sender));
	__builtin_memcpy(&target, arp->target_ip, sizeof(target));
	bool nlbs = target == settings->nlbs;
	if (!nlbs && !find_cluster_address(target))
		return PASSED_ARP;
	if (!(interface->roles & ROLE_ACCESS))
		return DROPPED_ARP_SERVER_SIDE;
	if (!nlbs)
		return DROPPED_ARP_CLUSTER;
	__u64 now_ns = boot_ns();
	if (is_broadcast(p->eth->h_dest) && is_by_peer(p, arp))
		handle_peer_request(p, arp, sender, now_ns);
	return may_answer(now_ns) ? PASSED_ARP_NLBS : DROPPED_ARP_NO_LEASE;
}
