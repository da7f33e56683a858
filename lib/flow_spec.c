// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: flow rules of ethtool in the format of the device (spec 5.8).
 */
#include <kunit/visibility.h>
#include <linux/ethtool.h>
#include <linux/export.h>
#include <linux/in.h>

#include "libsvnic_priv.h"

static void libsvnic_flow_type(struct svnic_flow_rule *rule, u16 type)
{
	rule->key.type = htons(type);
	rule->mask.type = htons(0xffff);
}

static void libsvnic_flow_proto(struct svnic_flow_rule *rule, u8 proto)
{
	rule->key.proto = proto;
	rule->mask.proto = 0xff;
}

static void libsvnic_flow_ports(struct svnic_flow_key *to, __be16 src,
				__be16 dst)
{
	to->sport = src;
	to->dport = dst;
}

static void libsvnic_flow_ether(struct svnic_flow_key *to,
				const struct ethhdr *from)
{
	memcpy(to->dmac, from->h_dest, ETH_ALEN);
	memcpy(to->smac, from->h_source, ETH_ALEN);
	to->type = from->h_proto;
}

static void libsvnic_flow_l4_v4(struct svnic_flow_key *to,
				const struct ethtool_tcpip4_spec *from)
{
	memcpy(to->sip, &from->ip4src, sizeof(from->ip4src));
	memcpy(to->dip, &from->ip4dst, sizeof(from->ip4dst));
	to->tos = from->tos;
	libsvnic_flow_ports(to, from->psrc, from->pdst);
}

static void libsvnic_flow_l4_v6(struct svnic_flow_key *to,
				const struct ethtool_tcpip6_spec *from)
{
	memcpy(to->sip, from->ip6src, sizeof(to->sip));
	memcpy(to->dip, from->ip6dst, sizeof(to->dip));
	to->tos = from->tclass;
	libsvnic_flow_ports(to, from->psrc, from->pdst);
}

static void libsvnic_flow_ip_v4(struct svnic_flow_key *to,
				const struct ethtool_usrip4_spec *from)
{
	memcpy(to->sip, &from->ip4src, sizeof(from->ip4src));
	memcpy(to->dip, &from->ip4dst, sizeof(from->ip4dst));
	to->tos = from->tos;
	to->proto = from->proto;
}

static void libsvnic_flow_ip_v6(struct svnic_flow_key *to,
				const struct ethtool_usrip6_spec *from)
{
	memcpy(to->sip, from->ip6src, sizeof(to->sip));
	memcpy(to->dip, from->ip6dst, sizeof(to->dip));
	to->tos = from->tclass;
	to->proto = from->l4_proto;
}

/* Headers, by type. */
static int libsvnic_flow_headers(const struct ethtool_rx_flow_spec *fs,
				 u32 type, struct svnic_flow_rule *rule)
{
	const union ethtool_flow_union *h = &fs->h_u, *m = &fs->m_u;

	switch (type) {
	case ETHER_FLOW:
		libsvnic_flow_ether(&rule->key, &h->ether_spec);
		libsvnic_flow_ether(&rule->mask, &m->ether_spec);
		return 0;
	case TCP_V4_FLOW:
	case UDP_V4_FLOW:
		libsvnic_flow_l4_v4(&rule->key, &h->tcp_ip4_spec);
		libsvnic_flow_l4_v4(&rule->mask, &m->tcp_ip4_spec);
		libsvnic_flow_type(rule, ETH_P_IP);
		break;
	case TCP_V6_FLOW:
	case UDP_V6_FLOW:
		libsvnic_flow_l4_v6(&rule->key, &h->tcp_ip6_spec);
		libsvnic_flow_l4_v6(&rule->mask, &m->tcp_ip6_spec);
		libsvnic_flow_type(rule, ETH_P_IPV6);
		break;
	case IP_USER_FLOW:
		if (m->usr_ip4_spec.l4_4_bytes || m->usr_ip4_spec.ip_ver ||
		    h->usr_ip4_spec.ip_ver != ETH_RX_NFC_IP4)
			return -EOPNOTSUPP;
		libsvnic_flow_ip_v4(&rule->key, &h->usr_ip4_spec);
		libsvnic_flow_ip_v4(&rule->mask, &m->usr_ip4_spec);
		libsvnic_flow_type(rule, ETH_P_IP);
		return 0;
	case IPV6_USER_FLOW:
		if (m->usr_ip6_spec.l4_4_bytes)
			return -EOPNOTSUPP;
		libsvnic_flow_ip_v6(&rule->key, &h->usr_ip6_spec);
		libsvnic_flow_ip_v6(&rule->mask, &m->usr_ip6_spec);
		libsvnic_flow_type(rule, ETH_P_IPV6);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
	libsvnic_flow_proto(rule, type == TCP_V4_FLOW || type == TCP_V6_FLOW ?
				  IPPROTO_TCP : IPPROTO_UDP);
	return 0;
}

/* VLAN tag and destination address, which ethtool has for all types. */
static int libsvnic_flow_ext(const struct ethtool_rx_flow_spec *fs,
			     struct svnic_flow_rule *rule)
{
	const struct ethtool_flow_ext *h = &fs->h_ext, *m = &fs->m_ext;

	if (fs->flow_type & FLOW_EXT) {
		if (m->vlan_etype || m->data[0] || m->data[1])
			return -EOPNOTSUPP;
		rule->key.vlan = h->vlan_tci;
		rule->mask.vlan = m->vlan_tci;
	}
	if (fs->flow_type & FLOW_MAC_EXT) {
		memcpy(rule->key.dmac, h->h_dest, ETH_ALEN);
		memcpy(rule->mask.dmac, m->h_dest, ETH_ALEN);
	}
	return 0;
}

/**
 * libsvnic_flow_convert - convert what a rule compares
 * @fs: rule of ethtool
 * @rule: rule of the device; key and mask are filled in
 *
 * Return: 0, or -EOPNOTSUPP if the device cannot compare this.
 */
int libsvnic_flow_convert(const struct ethtool_rx_flow_spec *fs,
			  struct svnic_flow_rule *rule)
{
	u32 type = fs->flow_type & ~(FLOW_EXT | FLOW_MAC_EXT | FLOW_RSS);
	const u8 *mask = (const u8 *)&rule->mask;
	u8 *key = (u8 *)&rule->key;
	unsigned int i;
	int err;

	memset(rule, 0, sizeof(*rule));
	err = libsvnic_flow_headers(fs, type, rule);
	if (!err)
		err = libsvnic_flow_ext(fs, rule);
	if (err)
		return err;
	/* ethtool lets the user give bits that are not compared. */
	for (i = 0; i < sizeof(rule->key); i++)
		key[i] &= mask[i];
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_flow_convert);
