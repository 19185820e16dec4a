/* SPDX-License-Identifier: GPL-2.0 */
/* Who the peer is, and whether the daemon of this node lives. */
#pragma once

#include "lease.bpf.h"
#include "packet.bpf.h"

/* Whether the frame and the ARP packet come from the hardware address that the peer's authenticated beats name. */
static __always_inline bool is_by_peer(const struct packet *p, const struct arp_ipv4 *arp)
{
	struct lease *page = only_entry(&lease);
	if (!page || is_no_mac(page->peer_mac))
		return false;
	return is_same_mac(p->eth->h_source, page->peer_mac) && is_same_mac(arp->sender_mac, page->peer_mac);
}

/* Whether the daemon's heartbeat socket is open. A frozen daemon has it and may wake; a killed one has not. */
static __always_inline bool daemon_lives(const struct packet *p, const struct settings *settings)
{
	const struct beat_path *access = &settings->beat_paths[ACCESS_PATH];
	struct bpf_sock_tuple tuple = {
		.ipv4 = {
			.saddr = access->peer,
			.daddr = access->own,
			.sport = settings->beat_port,
			.dport = settings->beat_port,
		},
	};
	struct bpf_sock *socket =
		bpf_sk_lookup_udp(p->context, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
	if (!socket)
		return false;
	bpf_sk_release(socket);
	return true;
}
