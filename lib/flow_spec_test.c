// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: KUnit tests of the conversion of ethtool's flow rules.
 */
#include <kunit/test.h>
#include <linux/in.h>
#include <linux/prandom.h>
#include <linux/unaligned.h>

#include "flow_test.h"

#define SPEC_WALKS	20000

static const u8 spec_mac[ETH_ALEN] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };
static const u8 spec_mac2[ETH_ALEN] = { 0x02, 0x66, 0x77, 0x88, 0x99, 0xaa };

/* Convert @fs, and expect that nothing but @key and @mask is compared. */
static void spec_expect(struct kunit *test,
			const struct ethtool_rx_flow_spec *fs,
			const struct svnic_flow_key *key,
			const struct svnic_flow_key *mask)
{
	struct svnic_flow_rule rule;

	memset(&rule, 0xa5, sizeof(rule));
	KUNIT_EXPECT_EQ(test, libsvnic_flow_convert(fs, &rule), 0);
	KUNIT_EXPECT_MEMEQ(test, &rule.key, key, sizeof(*key));
	KUNIT_EXPECT_MEMEQ(test, &rule.mask, mask, sizeof(*mask));
	KUNIT_EXPECT_NULL(test, memchr_inv(rule.action, 0,
					   sizeof(rule.action)));
}

static void spec_refuse(struct kunit *test,
			const struct ethtool_rx_flow_spec *fs)
{
	struct svnic_flow_rule rule;

	KUNIT_EXPECT_EQ(test, libsvnic_flow_convert(fs, &rule), -EOPNOTSUPP);
}

static void spec_type(struct svnic_flow_key *key, struct svnic_flow_key *mask,
		      u16 type)
{
	key->type = htons(type);
	mask->type = htons(0xffff);
}

static void spec_proto(struct svnic_flow_key *key, struct svnic_flow_key *mask,
		       u8 proto)
{
	key->proto = proto;
	mask->proto = 0xff;
}

static void ether_test(struct kunit *test)
{
	struct ethtool_rx_flow_spec fs = { .flow_type = ETHER_FLOW };
	struct svnic_flow_key key = {}, mask = {};

	/* Nothing is compared. */
	spec_expect(test, &fs, &key, &mask);

	ether_addr_copy(fs.h_u.ether_spec.h_dest, spec_mac);
	eth_broadcast_addr(fs.m_u.ether_spec.h_dest);
	ether_addr_copy(key.dmac, spec_mac);
	eth_broadcast_addr(mask.dmac);
	spec_expect(test, &fs, &key, &mask);

	ether_addr_copy(fs.h_u.ether_spec.h_source, spec_mac2);
	eth_broadcast_addr(fs.m_u.ether_spec.h_source);
	ether_addr_copy(key.smac, spec_mac2);
	eth_broadcast_addr(mask.smac);
	spec_expect(test, &fs, &key, &mask);

	fs.h_u.ether_spec.h_proto = htons(ETH_P_ARP);
	fs.m_u.ether_spec.h_proto = htons(0xffff);
	spec_type(&key, &mask, ETH_P_ARP);
	spec_expect(test, &fs, &key, &mask);

	/* The first half of an address, and some bits of the type. */
	memset(&fs.m_u.ether_spec.h_dest[3], 0, 3);
	memset(&key.dmac[3], 0, 3);
	memset(&mask.dmac[3], 0, 3);
	fs.m_u.ether_spec.h_proto = htons(0xff0f);
	key.type = htons(ETH_P_ARP & 0xff0f);
	mask.type = htons(0xff0f);
	spec_expect(test, &fs, &key, &mask);
}

static void l4_v4_test(struct kunit *test)
{
	static const u32 types[] = { TCP_V4_FLOW, UDP_V4_FLOW };
	struct ethtool_tcpip4_spec *h, *m;
	struct ethtool_rx_flow_spec fs;
	struct svnic_flow_key key, mask;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		memset(&fs, 0, sizeof(fs));
		memset(&key, 0, sizeof(key));
		memset(&mask, 0, sizeof(mask));
		fs.flow_type = types[i];
		/* The protocol alone. */
		spec_type(&key, &mask, ETH_P_IP);
		spec_proto(&key, &mask,
			   types[i] == TCP_V4_FLOW ? IPPROTO_TCP : IPPROTO_UDP);
		spec_expect(test, &fs, &key, &mask);

		h = &fs.h_u.tcp_ip4_spec;
		m = &fs.m_u.tcp_ip4_spec;
		h->ip4src = htonl(0x0a010203);
		m->ip4src = htonl(0xffffff00);
		put_unaligned_be32(0x0a010200, key.sip);
		put_unaligned_be32(0xffffff00, mask.sip);
		h->ip4dst = htonl(0x0a040506);
		m->ip4dst = htonl(0xffffffff);
		put_unaligned_be32(0x0a040506, key.dip);
		memset(mask.dip, 0xff, 4);
		spec_expect(test, &fs, &key, &mask);

		h->psrc = htons(0x1234);
		m->psrc = htons(0xfff0);
		key.sport = htons(0x1230);
		mask.sport = htons(0xfff0);
		h->pdst = htons(443);
		m->pdst = htons(0xffff);
		key.dport = htons(443);
		mask.dport = htons(0xffff);
		h->tos = 0xff;
		m->tos = 0xfc;
		key.tos = 0xfc;
		mask.tos = 0xfc;
		spec_expect(test, &fs, &key, &mask);
	}
}

static void spec_ip6(__be32 *addr, u8 *same, u8 first)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		same[i] = first + i;
	memcpy(addr, same, 16);
}

static void l4_v6_test(struct kunit *test)
{
	static const u32 types[] = { TCP_V6_FLOW, UDP_V6_FLOW };
	struct ethtool_tcpip6_spec *h, *m;
	struct ethtool_rx_flow_spec fs;
	struct svnic_flow_key key, mask;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		memset(&fs, 0, sizeof(fs));
		memset(&key, 0, sizeof(key));
		memset(&mask, 0, sizeof(mask));
		fs.flow_type = types[i];
		spec_type(&key, &mask, ETH_P_IPV6);
		spec_proto(&key, &mask,
			   types[i] == TCP_V6_FLOW ? IPPROTO_TCP : IPPROTO_UDP);
		spec_expect(test, &fs, &key, &mask);

		h = &fs.h_u.tcp_ip6_spec;
		m = &fs.m_u.tcp_ip6_spec;
		spec_ip6(h->ip6src, key.sip, 0x20);
		memset(m->ip6src, 0xff, 8);
		memset(&key.sip[8], 0, 8);
		memset(mask.sip, 0xff, 8);
		spec_ip6(h->ip6dst, key.dip, 0x40);
		memset(m->ip6dst, 0xff, 16);
		memset(mask.dip, 0xff, 16);
		spec_expect(test, &fs, &key, &mask);

		h->psrc = htons(53);
		m->psrc = htons(0xffff);
		key.sport = htons(53);
		mask.sport = htons(0xffff);
		h->pdst = htons(0xffff);
		m->pdst = htons(0x8000);
		key.dport = htons(0x8000);
		mask.dport = htons(0x8000);
		h->tclass = 0xb8;
		m->tclass = 0xff;
		key.tos = 0xb8;
		mask.tos = 0xff;
		spec_expect(test, &fs, &key, &mask);
	}
}

static void user_v4_test(struct kunit *test)
{
	struct ethtool_rx_flow_spec fs = { .flow_type = IP_USER_FLOW };
	struct ethtool_usrip4_spec *h = &fs.h_u.usr_ip4_spec;
	struct ethtool_usrip4_spec *m = &fs.m_u.usr_ip4_spec;
	struct svnic_flow_key key = {}, mask = {};

	h->ip_ver = ETH_RX_NFC_IP4;
	spec_type(&key, &mask, ETH_P_IP);
	spec_expect(test, &fs, &key, &mask);

	h->ip4src = htonl(0xc0a80001);
	m->ip4src = htonl(0xffffffff);
	put_unaligned_be32(0xc0a80001, key.sip);
	memset(mask.sip, 0xff, 4);
	h->ip4dst = htonl(0xc0a80102);
	m->ip4dst = htonl(0x0000ffff);
	put_unaligned_be32(0x00000102, key.dip);
	memset(&mask.dip[2], 0xff, 2);
	h->tos = 0x10;
	m->tos = 0x1f;
	key.tos = 0x10;
	mask.tos = 0x1f;
	h->proto = IPPROTO_GRE;
	m->proto = 0xff;
	spec_proto(&key, &mask, IPPROTO_GRE);
	/* Not compared. */
	h->l4_4_bytes = htonl(0x01020304);
	spec_expect(test, &fs, &key, &mask);

	m->l4_4_bytes = htonl(1);
	spec_refuse(test, &fs);
	m->l4_4_bytes = 0;
	m->ip_ver = 1;
	spec_refuse(test, &fs);
	m->ip_ver = 0;
	h->ip_ver = 0;
	spec_refuse(test, &fs);
	h->ip_ver = ETH_RX_NFC_IP4 + 1;
	spec_refuse(test, &fs);
}

static void user_v6_test(struct kunit *test)
{
	struct ethtool_rx_flow_spec fs = { .flow_type = IPV6_USER_FLOW };
	struct ethtool_usrip6_spec *h = &fs.h_u.usr_ip6_spec;
	struct ethtool_usrip6_spec *m = &fs.m_u.usr_ip6_spec;
	struct svnic_flow_key key = {}, mask = {};

	spec_type(&key, &mask, ETH_P_IPV6);
	spec_expect(test, &fs, &key, &mask);

	spec_ip6(h->ip6src, key.sip, 1);
	memset(m->ip6src, 0xff, 16);
	memset(mask.sip, 0xff, 16);
	spec_ip6(h->ip6dst, key.dip, 0xe0);
	m->ip6dst[3] = htonl(0xff);
	memset(key.dip, 0, 15);
	mask.dip[15] = 0xff;
	h->tclass = 3;
	m->tclass = 3;
	key.tos = 3;
	mask.tos = 3;
	h->l4_proto = IPPROTO_ICMPV6;
	m->l4_proto = 0xff;
	spec_proto(&key, &mask, IPPROTO_ICMPV6);
	h->l4_4_bytes = htonl(0x01020304);
	spec_expect(test, &fs, &key, &mask);

	m->l4_4_bytes = htonl(0x80000000);
	spec_refuse(test, &fs);
}

/* VLAN and destination address are compared if the flag says so. */
static void ext_test(struct kunit *test)
{
	struct ethtool_rx_flow_spec fs = { .flow_type = UDP_V4_FLOW };
	struct svnic_flow_key key = {}, mask = {};

	spec_type(&key, &mask, ETH_P_IP);
	spec_proto(&key, &mask, IPPROTO_UDP);
	fs.h_ext.vlan_tci = htons(0xe123);
	fs.m_ext.vlan_tci = htons(0x0fff);
	fs.m_ext.vlan_etype = htons(0xffff);
	fs.m_ext.data[0] = htonl(1);
	ether_addr_copy(fs.h_ext.h_dest, spec_mac);
	eth_broadcast_addr(fs.m_ext.h_dest);
	spec_expect(test, &fs, &key, &mask);

	fs.flow_type = UDP_V4_FLOW | FLOW_MAC_EXT;
	ether_addr_copy(key.dmac, spec_mac);
	eth_broadcast_addr(mask.dmac);
	spec_expect(test, &fs, &key, &mask);

	fs.flow_type |= FLOW_EXT;
	spec_refuse(test, &fs);
	fs.m_ext.vlan_etype = 0;
	spec_refuse(test, &fs);
	fs.m_ext.data[0] = 0;
	fs.m_ext.data[1] = htonl(0x100);
	spec_refuse(test, &fs);
	fs.m_ext.data[1] = 0;
	/* Not compared. */
	fs.h_ext.vlan_etype = htons(ETH_P_8021AD);
	fs.h_ext.data[0] = htonl(2);
	key.vlan = htons(0x123);
	mask.vlan = htons(0xfff);
	spec_expect(test, &fs, &key, &mask);

	/* The priority, and no VLAN tag at all. */
	fs.m_ext.vlan_tci = htons(0xe000);
	key.vlan = htons(0xe000);
	mask.vlan = htons(0xe000);
	spec_expect(test, &fs, &key, &mask);
	fs.h_ext.vlan_tci = 0;
	fs.m_ext.vlan_tci = htons(0xffff);
	key.vlan = 0;
	mask.vlan = htons(0xffff);
	spec_expect(test, &fs, &key, &mask);

	/* The RSS context is part of the action. */
	fs.flow_type |= FLOW_RSS;
	spec_expect(test, &fs, &key, &mask);

	memset(&fs.h_u, 0, sizeof(fs.h_u));
	fs.flow_type = ETHER_FLOW | FLOW_EXT;
	memset(&key, 0, sizeof(key));
	memset(&mask, 0, sizeof(mask));
	mask.vlan = htons(0xffff);
	spec_expect(test, &fs, &key, &mask);
}

static void types_test(struct kunit *test)
{
	static const u32 types[] = {
		0, SCTP_V4_FLOW, AH_ESP_V4_FLOW, SCTP_V6_FLOW, AH_ESP_V6_FLOW,
		AH_V4_FLOW, ESP_V4_FLOW, AH_V6_FLOW, ESP_V6_FLOW, IPV4_FLOW,
		IPV6_FLOW, 0xff, 0x10000000 | TCP_V4_FLOW,
	};
	struct ethtool_rx_flow_spec fs = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		fs.flow_type = types[i];
		spec_refuse(test, &fs);
		fs.flow_type |= FLOW_EXT | FLOW_MAC_EXT | FLOW_RSS;
		spec_refuse(test, &fs);
	}
}

/* A random rule that the device can compare. */
static void spec_random(struct ethtool_rx_flow_spec *fs, struct rnd_state *rnd)
{
	static const u32 types[] = {
		ETHER_FLOW, TCP_V4_FLOW, UDP_V4_FLOW, TCP_V6_FLOW, UDP_V6_FLOW,
		IP_USER_FLOW, IPV6_USER_FLOW,
	};
	static const u32 flags[] = { 0, FLOW_EXT, FLOW_MAC_EXT, FLOW_RSS };
	u32 type = types[prandom_u32_state(rnd) % ARRAY_SIZE(types)];

	prandom_bytes_state(rnd, fs, sizeof(*fs));
	fs->flow_type = type | flags[prandom_u32_state(rnd) % 4] |
			flags[prandom_u32_state(rnd) % 4];
	fs->m_ext.vlan_etype = 0;
	fs->m_ext.data[0] = 0;
	fs->m_ext.data[1] = 0;
	if (type == IP_USER_FLOW) {
		fs->m_u.usr_ip4_spec.l4_4_bytes = 0;
		fs->m_u.usr_ip4_spec.ip_ver = 0;
		fs->h_u.usr_ip4_spec.ip_ver = ETH_RX_NFC_IP4;
	} else if (type == IPV6_USER_FLOW) {
		fs->m_u.usr_ip6_spec.l4_4_bytes = 0;
	}
}

/* Change the bits that are not compared. */
static void spec_blur(struct ethtool_rx_flow_spec *fs)
{
	const u8 *m = (const u8 *)&fs->m_u;
	u8 *h = (u8 *)&fs->h_u;
	unsigned int i;

	for (i = 0; i < sizeof(fs->h_u); i++)
		h[i] ^= ~m[i];
	if ((fs->flow_type & 0xff) == IP_USER_FLOW)
		fs->h_u.usr_ip4_spec.ip_ver = ETH_RX_NFC_IP4;
	for (i = 0; i < ETH_ALEN; i++)
		fs->h_ext.h_dest[i] ^= ~fs->m_ext.h_dest[i];
	fs->h_ext.vlan_tci ^= ~fs->m_ext.vlan_tci;
	fs->h_ext.vlan_etype ^= htons(0xffff);
}

/* The device accepts what is converted, and only bits of the mask count. */
static void random_test(struct kunit *test)
{
	struct ethtool_rx_flow_spec fs;
	struct svnic_flow_rule a, b;
	struct rnd_state rnd;
	unsigned int walk;

	prandom_seed_state(&rnd, 1);
	for (walk = 0; walk < SPEC_WALKS; walk++) {
		spec_random(&fs, &rnd);
		KUNIT_ASSERT_EQ(test, libsvnic_flow_convert(&fs, &a), 0);
		KUNIT_ASSERT_TRUE(test, flow_key_ok(&a));
		spec_blur(&fs);
		KUNIT_ASSERT_EQ(test, libsvnic_flow_convert(&fs, &b), 0);
		KUNIT_ASSERT_MEMEQ(test, &a, &b, sizeof(a));
	}
}

static struct kunit_case libsvnic_flow_spec_cases[] = {
	KUNIT_CASE(ether_test),
	KUNIT_CASE(l4_v4_test),
	KUNIT_CASE(l4_v6_test),
	KUNIT_CASE(user_v4_test),
	KUNIT_CASE(user_v6_test),
	KUNIT_CASE(ext_test),
	KUNIT_CASE(types_test),
	KUNIT_CASE(random_test),
	{}
};

static struct kunit_suite libsvnic_flow_spec_suite = {
	.name		= "libsvnic_flow_spec",
	.test_cases	= libsvnic_flow_spec_cases,
};

kunit_test_suite(libsvnic_flow_spec_suite);
