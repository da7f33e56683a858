// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 10.5: the receivers of a frame. */
#include "svnic_core_priv.h"
#include "test.h"

static uint8_t frame[2000];

static void send(unsigned int fn, const uint8_t *dst, const uint8_t *src)
{
	frame_eth(frame, dst, src, 0x88b5, 100);
	tx_frame(&q[fn], frame, 100, 0);
	run();
}

/* Bitmap of the functions 0..n that got a frame; bit 31: the wire. */
static uint32_t got(unsigned int n)
{
	uint32_t mask = h->wire_n ? 1u << 31 : 0;
	unsigned int fn, count;

	CHECK(h->wire_n <= 1);
	wire_clear();
	for (fn = 0; fn <= n; fn++) {
		count = rx_drain(&q[fn]);
		CHECK(count <= 1);
		queue_post(&q[fn], count);
		if (count)
			mask |= 1u << fn;
	}
	return mask;
}

#define WIRE	(1u << 31)

static void unicast(void)
{
	net_up(3, 0);
	send(1, MAC(2), MAC(1));
	EQ(got(3), 1 << 2);
	send(1, MAC(0), MAC(1));
	EQ(got(3), 1 << 0);
	send(0, MAC(3), MAC(0));
	EQ(got(3), 1 << 3);
	send(2, mac_other, MAC(2));
	EQ(got(3), WIRE);
	/* To itself: it has the address, but does not get its own frame. */
	send(2, MAC(2), MAC(2));
	EQ(got(3), 0);
	frame_eth(frame, MAC(3), mac_other, 0x88b5, 100);
	wire_rx(frame, 100);
	EQ(got(3), 1 << 3);
	frame_eth(frame, mac_other, MAC(3), 0x88b5, 100);
	wire_rx(frame, 100);
	EQ(got(3), 0);
}

static void broadcast(void)
{
	net_up(3, 0);
	send(1, mac_bcast, MAC(1));
	EQ(got(3), 1 << 0 | 1 << 2 | 1 << 3 | WIRE);
	frame_eth(frame, mac_bcast, mac_other, 0x88b5, 100);
	wire_rx(frame, 100);
	EQ(got(3), 0xf);
	EQ(vport_flags(2, 0, SVNIC_VPORT_BCAST), 0);
	wire_rx(frame, 100);
	EQ(got(3), 0xb);
	/* ALLMULTI and PROMISC do not include broadcast. */
	EQ(vport_flags(2, SVNIC_VPORT_ALLMULTI | SVNIC_VPORT_PROMISC,
		       SVNIC_VPORT_FLAGS), 0);
	wire_rx(frame, 100);
	EQ(got(3), 0xb);
}

static void multicast(void)
{
	static const uint8_t mac2[6] = { 0x33, 0x33, 0, 0, 0, 1 };

	net_up(3, 0);
	send(1, mac_mcast, MAC(1));
	EQ(got(3), WIRE);
	EQ(vport_filter(2, mac_mcast, true), 0);
	EQ(vport_filter(3, mac_mcast, true), 0);
	EQ(vport_filter(1, mac_mcast, true), 0);
	send(1, mac_mcast, MAC(1));
	EQ(got(3), 1 << 2 | 1 << 3 | WIRE);
	send(1, mac2, MAC(1));
	EQ(got(3), WIRE);
	EQ(vport_flags(2, SVNIC_VPORT_ALLMULTI, SVNIC_VPORT_ALLMULTI), 0);
	send(1, mac2, MAC(1));
	EQ(got(3), 1 << 2 | WIRE);
	/* By filter and by flag, but only once. */
	send(1, mac_mcast, MAC(1));
	EQ(got(3), 1 << 2 | 1 << 3 | WIRE);
	EQ(vport_filter(3, mac_mcast, false), 0);
	frame_eth(frame, mac_mcast, mac_other, 0x88b5, 100);
	wire_rx(frame, 100);
	EQ(got(3), 1 << 1 | 1 << 2);
}

static void promisc(void)
{
	net_up(3, 0);
	EQ(vport_flags(0, SVNIC_VPORT_PROMISC, SVNIC_VPORT_PROMISC), 0);
	/*
	 * A bridge on the PF: unknown addresses go to the wire and to the PF.
	 */
	send(1, mac_other, MAC(1));
	EQ(got(3), 1 << 0 | WIRE);
	send(1, MAC(2), MAC(1));
	EQ(got(3), 1 << 0 | 1 << 2);
	frame_eth(frame, mac_other, mac_other, 0x88b5, 100);
	wire_rx(frame, 100);
	EQ(got(3), 1 << 0);
	frame_eth(frame, MAC(3), mac_other, 0x88b5, 100);
	wire_rx(frame, 100);
	EQ(got(3), 1 << 0 | 1 << 3);
	send(0, mac_other, mac_other);
	EQ(got(3), WIRE);
	/* Multicast that it has no filter for. */
	send(1, mac_mcast, MAC(1));
	EQ(got(3), WIRE);
	EQ(vport_flags(0, 0, SVNIC_VPORT_PROMISC), 0);
	send(1, mac_other, MAC(1));
	EQ(got(3), WIRE);
}

static void filters(void)
{
	net_up(2, 0);
	EQ(vport_filter(2, mac_other, true), 0);
	send(1, mac_other, MAC(1));
	EQ(got(2), 1 << 2);
	/*
	 * Two vports with the same address both get it, by station or filter.
	 */
	EQ(vport_filter(0, mac_other, true), 0);
	send(1, mac_other, MAC(1));
	EQ(got(2), 1 << 0 | 1 << 2);
	EQ(vport_filter(2, MAC(2), true), 0);
	send(1, MAC(2), MAC(1));
	EQ(got(2), 1 << 2);
	EQ(vport_filter(2, MAC(2), false), 0);
	send(1, MAC(2), MAC(1));
	EQ(got(2), 1 << 2);
	/* The station address changes. */
	EQ(vport_mac(2, (const uint8_t []){ 2, 0, 0, 0, 0, 77 }), 0);
	send(1, MAC(2), MAC(1));
	EQ(got(2), WIRE);
	send(1, MAC(77), MAC(1));
	EQ(got(2), 1 << 2);
	EQ(rd(2, SVNIC_REG_MAC_HI), 77 << 8);
	/* No address: zero is the address of no vport. */
	EQ(vport_mac(2, (const uint8_t [6]){ 0 }), 0);
	send(1, (const uint8_t [6]){ 0 }, MAC(1));
	EQ(got(2), WIRE);
}

static void spoof(void)
{
	net_up(2, 0);
	send(1, MAC(2), mac_other);
	EQ(got(2), 1 << 2);
	EQ(vport_flags(1, SVNIC_VPORT_SPOOFCHK, SVNIC_VPORT_SPOOFCHK), 0);
	send(1, MAC(2), MAC(1));
	EQ(got(2), 1 << 2);
	send(1, MAC(2), mac_other);
	EQ(got(2), 0);
	send(1, mac_other, MAC(2));
	EQ(got(2), 0);
	EQ(STAT(1, tx_spoof_mac), 2);
	EQ(STAT(1, tx_packets), 2);
	/* It may send from its filter's address, not from a multicast one. */
	EQ(vport_filter(1, mac_other, true), 0);
	send(1, MAC(2), mac_other);
	EQ(got(2), 1 << 2);
	EQ(vport_filter(1, mac_mcast, true), 0);
	send(1, MAC(2), mac_mcast);
	EQ(got(2), 0);
	send(1, MAC(2), (const uint8_t [6]){ 0 });
	EQ(got(2), 0);
	EQ(vport_mac(1, (const uint8_t [6]){ 0 }), 0);
	send(1, MAC(2), (const uint8_t [6]){ 0 });
	EQ(got(2), 0);
	EQ(STAT(1, tx_spoof_mac), 5);
	EQ(queue_status(&q[1]), 3);
}

static void links(void)
{
	net_up(2, 0);
	EQ(vport_link(1, SVNIC_VPORT_LINK_DOWN), 0);
	EQ(rd(1, SVNIC_REG_LINK), 0);
	send(1, MAC(2), MAC(1));
	EQ(got(2), 0);
	EQ(STAT(1, tx_link_down), 1);
	EQ(STAT(1, tx_packets), 0);
	/* It may send from its own address. */
	send(2, MAC(1), MAC(2));
	EQ(got(2), 0);
	send(2, mac_bcast, MAC(2));
	EQ(got(2), 1 << 0 | WIRE);
	EQ(vport_link(1, SVNIC_VPORT_LINK_UP), 0);
	EQ(vport_link(2, SVNIC_VPORT_LINK_UP), 0);
	svnic_core_set_link(h->core, false);
	EQ(rd(0, SVNIC_REG_LINK), 0);
	CHECK(rd(1, SVNIC_REG_LINK) & SVNIC_LINK_UP);
	/* Vports with UP reach each other; the wire is down. */
	send(1, MAC(2), MAC(1));
	EQ(got(2), 1 << 2);
	send(1, mac_bcast, MAC(1));
	EQ(got(2), 1 << 2);
	send(1, mac_other, MAC(1));
	EQ(got(2), 0);
	EQ(tx_cons(&q[1]), 4);
	send(0, MAC(1), MAC(0));
	EQ(got(2), 0);
	EQ(STAT(0, tx_link_down), 1);
}

/* The vport with the address is not READY, missing, or out of buffers. */
static void owners(void)
{
	struct svnic_core_config config = host_config();

	config.vf_max = 3;
	host_new(&config);
	net_up(2, 0);
	/* VF 2 is configured, but does not exist: it has no address. */
	EQ(vport_mac(3, MAC(3)), 0);
	send(1, MAC(3), MAC(1));
	EQ(got(2), WIRE);
	/* VF 1 is disabled: frames to it are dropped. */
	EQ(vport_disable(2), 0);
	send(1, MAC(2), MAC(1));
	EQ(got(1), 0);
	EQ(STAT(2, rx_errors), 0);
	EQ(STAT(2, rx_no_buffer), 0);
	EQ(STAT(1, tx_packets), 2);
}

/*
 * The table of 10.5 with random settings, against a model that has no hash,
 * spaces or groups, and follows the text of the section only.
 */
#define N	6

static struct model {
	uint8_t		addr[4][6];	/* 0: station */
	unsigned int	addrs;
	uint32_t	flags;
	uint16_t	tci, proto;
	struct {
		uint16_t	proto, vid;
	}		vlan[3];
	unsigned int	vids;
	uint8_t		link;
} m[N + 1];

static bool reaches(const struct model *v, uint16_t proto, uint16_t vid)
{
	unsigned int i;

	if (v->tci)
		return vid == (v->tci & 0xfff) && proto == v->proto;
	if (!vid || !(v->flags & SVNIC_VPORT_VLAN_FILTER))
		return true;
	for (i = 0; i < v->vids; i++)
		if (proto == v->vlan[i].proto && vid == v->vlan[i].vid)
			return true;
	return false;
}

static enum svnic_error vlan_filter(unsigned int fn, unsigned int i, bool add)
{
	return m[fn].vlan[i].proto == 0x8100 ?
	       vport_vid(fn, m[fn].vlan[i].vid, add) :
	       vport_svid(fn, m[fn].vlan[i].vid, add);
}

static bool owns(const struct model *v, const uint8_t *mac)
{
	static const uint8_t zero[6];
	unsigned int i;

	for (i = 0; i < v->addrs; i++)
		if (!memcmp(v->addr[i], mac, 6) && memcmp(mac, zero, 6))
			return true;
	return false;
}

/* True if a port VLAN may carry a frame with @proto at byte 12. */
static bool goes_inside(const struct model *v, uint16_t proto)
{
	return (proto != 0x8100 && proto != 0x88a8) ||
	       (proto == 0x8100 && v->proto == 0x88a8);
}

static uint32_t model(int from, const uint8_t *p, uint32_t len)
{
	uint16_t proto = p[12] << 8 | p[13], vid = 0, tag_proto = 0;
	bool tagged = proto == 0x8100 || proto == 0x88a8, owned = false, in;
	const struct model *v;
	uint32_t mask = 0;
	int fn;

	CHECK(len >= 18);
	if (tagged) {
		vid = (p[14] << 8 | p[15]) & 0xfff;
		tag_proto = vid ? proto : 0;
	}
	if (from >= 0) {
		v = &m[from];
		if (v->link == SVNIC_VPORT_LINK_DOWN)
			return 0;
		if (v->flags & SVNIC_VPORT_SPOOFCHK &&
		    (p[6] & 1 || !owns(v, p + 6)))
			return 0;
		if (v->tci) {
			if (vid && !goes_inside(v, proto))
				return 0;
			/* A priority tag is removed. */
			if (!goes_inside(v, proto) &&
			    !goes_inside(v, p[16] << 8 | p[17]))
				return 0;
			vid = v->tci & 0xfff;
			tag_proto = v->proto;
		} else if (v->flags & SVNIC_VPORT_SPOOFCHK &&
			   v->flags & SVNIC_VPORT_VLAN_FILTER &&
			   !reaches(v, tag_proto, vid)) {
			return 0;
		}
	}
	for (fn = 0; fn <= N; fn++) {
		v = &m[fn];
		if (!reaches(v, tag_proto, vid))
			continue;
		if (!memcmp(p, mac_bcast, 6))
			in = v->flags & SVNIC_VPORT_BCAST;
		else if (p[0] & 1)
			in = owns(v, p) || v->flags & SVNIC_VPORT_ALLMULTI;
		else
			in = owns(v, p) || v->flags & SVNIC_VPORT_PROMISC;
		if (!(p[0] & 1) && owns(v, p))
			owned = true;
		if (in && fn != from && v->link != SVNIC_VPORT_LINK_DOWN)
			mask |= 1u << fn;
	}
	if (from >= 0 && (p[0] & 1 || !owned))
		mask |= WIRE;
	return mask;
}

static const uint8_t *some_mac(void)
{
	static uint8_t mac[6];

	switch (rnd() % 8) {
	case 0:
		return mac_bcast;
	case 1:
	case 2:
		memcpy(mac, mac_mcast, 6);
		mac[5] = rnd() % 3;
		return mac;
	default:
		memcpy(mac, MAC(rnd() % (N + 4)), 6);
		return mac;
	}
}

/* Changes a setting of a vport, in the device and in the model. */
static void some_change(void)
{
	unsigned int fn = rnd() % (N + 1), i;
	struct model *v = &m[fn];
	const uint8_t *mac;
	uint32_t mask;

	switch (rnd() % 6) {
	case 0:
		mask = rnd() & SVNIC_VPORT_FLAGS;
		v->flags = (v->flags & ~mask) | (rnd() & mask);
		EQ(vport_flags(fn, v->flags, mask), 0);
		break;
	case 1:
		mac = MAC(rnd() % (N + 4));
		memcpy(v->addr[0], mac, 6);
		EQ(vport_mac(fn, v->addr[0]), 0);
		break;
	case 2:
		mac = some_mac();
		if (mac == mac_bcast)
			break;
		for (i = 1; i < v->addrs; i++)
			if (!memcmp(v->addr[i], mac, 6))
				break;
		if (i < v->addrs) {
			EQ(vport_filter(fn, mac, true), SVNIC_ERR_EXISTS);
			EQ(vport_filter(fn, mac, false), 0);
			memmove(v->addr[i], v->addr[--v->addrs], 6);
		} else if (v->addrs < 4) {
			memcpy(v->addr[v->addrs++], mac, 6);
			EQ(vport_filter(fn, v->addr[i], true), 0);
		}
		break;
	case 3:
		v->tci = rnd() % 3 ? 0 : 10 + rnd() % 2;
		v->proto = rnd() % 2 ? 0x8100 : 0x88a8;
		EQ(vport_vlan(fn, v->tci, v->proto), 0);
		break;
	case 4:
		if (v->vids == 3) {
			while (v->vids)
				EQ(vlan_filter(fn, --v->vids, false), 0);
			break;
		}
		v->vlan[v->vids].proto = rnd() % 2 ? 0x8100 : 0x88a8;
		v->vlan[v->vids].vid = 10 + rnd() % 4;
		for (i = 0; i < v->vids; i++)
			if (!memcmp(&v->vlan[i], &v->vlan[v->vids],
				    sizeof(v->vlan[0])))
				break;
		EQ(vlan_filter(fn, v->vids, true),
		   i < v->vids ? SVNIC_ERR_EXISTS : SVNIC_ERR_NONE);
		if (i == v->vids)
			v->vids++;
		break;
	default:
		v->link = rnd() % 4 ? SVNIC_VPORT_LINK_AUTO :
			  SVNIC_VPORT_LINK_DOWN;
		EQ(vport_link(fn, v->link), 0);
		break;
	}
}

static void against_model(void)
{
	unsigned int i, fn, tags;
	const uint8_t *mac;
	uint8_t dst[6];
	uint32_t len, want;
	int from;

	net_up(N, 0);
	memset(m, 0, sizeof(m));
	for (fn = 0; fn <= N; fn++) {
		memcpy(m[fn].addr[0], MAC(fn), 6);
		m[fn].addrs = 1;
		m[fn].flags = SVNIC_VPORT_BCAST;
		wr(fn, SVNIC_REG_RX_CTRL, 0);
	}
	for (i = 0; i < 6000; i++) {
		if (rnd() % 3 == 0)
			some_change();
		memcpy(dst, some_mac(), 6);
		mac = some_mac();
		frame_eth(frame, dst, mac, 0x88b5, 100);
		len = 100;
		for (tags = rnd() % 3; tags; tags--)
			len = frame_vlan(frame, len,
					 rnd() % 3 ? 0x8100 : 0x88a8,
					 rnd() % 4 ? 9 + rnd() % 4 : 0x2000);
		from = (int)(rnd() % (N + 2)) - 1;
		want = model(from, frame, len);
		if (from >= 0) {
			tx_frame(&q[from], frame, len, 0);
			run();
		} else {
			wire_rx(frame, len);
		}
		EQ(got(N), want);
	}
	for (fn = 0; fn <= N; fn++)
		EQ(queue_status(&q[fn]), 3);
}

/* The forwarding table loses no entries over many changes. */
static void table_is_conserved(void)
{
	unsigned int i, n;
	uint32_t g;

	net_up(4, 0);
	for (i = 0; i < 3000; i++) {
		uint8_t mac[6] = { 2, rnd() % 4, 0, 0, 0, rnd() % 8 };

		vport_filter(rnd() % 5, mac, rnd() % 2);
		if (i % 20 == 0)
			vport_flags(rnd() % 5, rnd() & SVNIC_VPORT_FLAGS,
				    SVNIC_VPORT_FLAGS);
		if (i % 50 == 0)
			vport_vlan(rnd() % 5, rnd() % 3, 0x8100);
		if (i % 300 == 299) {
			svnic_core_set_vfs(h->core, 0);
			vfs_up(4);
		}
	}
	wr(0, SVNIC_REG_CTRL, SVNIC_CTRL_RESET);
	svnic_core_set_vfs(h->core, 0);
	for (n = 0, g = h->core->fdb.member_free; g != SVNIC_NONE; n++)
		g = h->core->fdb.member[g].next;
	/* All but the PF's station address and broadcast. */
	EQ(n, 64 + 4 * 9 - 2);
	for (n = 0, g = h->core->fdb.group_free; g != SVNIC_NONE; n++)
		g = h->core->fdb.group[g].hash_next;
	EQ(n, 64 + 4 * 9 - 2);
	EQ(h->core->fdb.promiscs, 0);
	EQ(h->core->fdb.allmultis, 0);
	EQ(h->core->mac_pool, 0);
	EQ(h->core->vlan_pool, 0);
	frame_eth(frame, MAC(0), mac_other, 0x88b5, 100);
}

const struct test switch_tests[] = {
	TEST(unicast),
	TEST(broadcast),
	TEST(multicast),
	TEST(promisc),
	TEST(filters),
	TEST(spoof),
	TEST(links),
	TEST(owners),
	TEST(against_model),
	TEST(table_is_conserved),
	{ 0 },
};
