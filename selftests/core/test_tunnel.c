// SPDX-License-Identifier: GPL-2.0-or-later
/* Section 5.3: TCP segmentation in tunnels. */
#include "svnic_core_bytes.h"
#include "svnic_core_state.h"
#include "test.h"

#define MSS	1000

enum inside { VXLAN, VXLAN_CSUM, GRE, IPIP, KINDS };

static struct tcp_frame inner;	/* what is in the tunnel */
static struct tcp_frame f;	/* with the tunnel's headers */
static struct svnic_tx_tso good;
static struct rxframe r;
static uint8_t seg[66000], want[66000];
static uint32_t prefix;		/* bytes before the frame in the tunnel */
static bool outer_v6;
static enum inside inside;
static struct queue *t;

/*
 * Writes the headers of a tunnel for @len bytes of the frame at @from, from its
 * IP header on, or from its Ethernet header on behind VXLAN's; returns the
 * length of all. The @index'th segment.
 */
static uint32_t encapsulate(uint8_t *to, const uint8_t *from, uint32_t len,
			    uint32_t index)
{
	bool udp = inside == VXLAN || inside == VXLAN_CSUM;
	uint32_t ip_len = outer_v6 ? 40 : 20, skip = udp ? 0 : 14, l4, i;
	uint8_t *ip = to + 14, *l4p = ip + ip_len;
	uint32_t own = udp ? 16 : inside == GRE ? 4 : 0;
	uint16_t csum;

	l4 = own + len - skip;
	frame_eth(to, mac_other, MAC(1), outer_v6 ? 0x86dd : 0x0800, 14);
	memset(ip, 0, ip_len + own);
	if (outer_v6) {
		ip[0] = 0x60;
		svnic_put_be16(ip + 4, l4);
		ip[6] = udp ? 17 : inside == GRE ? 47 : 41;
		ip[7] = 64;
		for (i = 8; i < 40; i++)
			ip[i] = i;
	} else {
		ip[0] = 0x45;
		svnic_put_be16(ip + 2, 20 + l4);
		svnic_put_be16(ip + 4, 0xffff + index);
		ip[8] = 64;
		ip[9] = udp ? 17 : inside == GRE ? 47 : 4;
		for (i = 12; i < 20; i++)
			ip[i] = i;
		csum = ref_csum(ip, 20, 0);
		svnic_put_be16(ip + 10, csum);
	}
	if (udp) {
		svnic_put_be16(l4p, 50000);
		svnic_put_be16(l4p + 2, 4789);
		svnic_put_be16(l4p + 4, l4);
		l4p[8] = 8;
	} else if (inside == GRE) {
		svnic_put_be16(l4p + 2, 0x0800);
	}
	memcpy(l4p + own, from + skip, len - skip);
	if (inside == VXLAN_CSUM) {
		csum = ref_csum(l4p, l4, ref_pseudo(ip, 17, l4));
		svnic_put_be16(l4p + 6, csum ? csum : 0xffff);
	}
	prefix = 14 + ip_len + own - skip;
	return 14 + ip_len + own + len - skip;
}

/* A frame in a tunnel, and its context. */
static void make(bool v6, bool outer, enum inside kind, uint32_t payload)
{
	bool udp = kind == VXLAN || kind == VXLAN_CSUM;

	outer_v6 = outer;
	inside = kind;
	frame_l4(&inner, &(struct tcp_args){ .payload = payload, .v6 = v6,
					     .id = 0xfffe, .flags = 0x89 },
		 true);
	f.len = encapsulate(f.data, inner.data, inner.len, 0);
	/* Lengths and checksums of the tunnel need not be right. */
	memset(f.data + (outer ? 18 : 16), 0x5a, 2);
	if (udp)
		memset(f.data + 14 + (outer ? 40 : 20) + 4, 0xa5, 2);
	if (kind == VXLAN_CSUM)
		memset(f.data + 14 + (outer ? 40 : 20) + 6, 0xc3, 2);
	good = (struct svnic_tx_tso){
		.mss = MSS, .hdr_len = inner.hdr_len + prefix,
		.outer_l3 = 14,
		.outer_l4 = udp ? 14 + (outer ? 40 : 20) : 0,
		.opts = kind == VXLAN_CSUM ? SVNIC_TSO_OUTER_CSUM : 0,
		.flags = SVNIC_TXD_CTX, .l3_start = inner.l3 + prefix,
	};
}

static struct svnic_tx_desc piece(uint16_t flags)
{
	return (struct svnic_tx_desc){
		.addr = tx_room(t, f.data, f.len), .len = f.len,
		.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP | SVNIC_TXD_CSUM |
			 SVNIC_TXD_TSO | flags,
		.vlan_tci = 5,
		.csum_start = inner.l4 + prefix, .csum_offset = 16,
	};
}

static void put(const struct svnic_tx_tso *ctx, struct svnic_tx_desc d)
{
	tx_put(t, ctx);
	tx_put(t, &d);
	tx_ring(t);
	run();
}

/* The segment that must come: a segment of what is inside, in a tunnel. */
static uint32_t segment(uint32_t index, bool vlan)
{
	uint32_t len;

	len = ref_segment(&inner, MSS, index, seg);
	len = encapsulate(want, seg, len, index);
	return vlan ? frame_vlan(want, len, 0x8100, 5) : len;
}

static void all(void (*check)(bool vlan, uint32_t segs))
{
	static const uint32_t payloads[] = { 1, 999, 1000, 1001, 5500, 60000 };
	unsigned int v6, outer, kind, i, vlan;

	for (i = 0; i < sizeof(payloads) / sizeof(payloads[0]) * 32; i++) {
		v6 = i & 1;
		outer = i >> 1 & 1;
		kind = i >> 2 & 3;
		vlan = i >> 4 & 1;
		make(v6, outer, kind, payloads[i / 32]);
		check(vlan, (payloads[i / 32] + MSS - 1) / MSS);
	}
}

static void to_wire(bool vlan, uint32_t segs)
{
	uint32_t i, len;

	put(&good, piece(vlan ? SVNIC_TXD_VLAN : 0));
	EQ(h->wire_n, segs);
	for (i = 0; i < segs; i++) {
		len = segment(i, vlan);
		EQ(h->wire[i].f.len, len);
		CHECK(!memcmp(h->wire[i].data, want, len));
		EQ(h->wire[i].f.gso_size, 0);
		EQ(h->wire[i].f.csum_partial, 0);
	}
	wire_clear();
}

/* Also on a wire that takes large frames: not those in tunnels. */
static void wire(void)
{
	struct svnic_core_config config = host_config();
	unsigned int way;

	for (way = 0; way < 2; way++) {
		config.wire_csum = way;
		config.wire_gso = way;
		host_new(&config);
		net_up(1, 0);
		t = &q[1];
		all(to_wire);
		EQ(queue_status(t), 3);
		EQ(STAT(1, tx_errors), 0);
	}
}

static void to_vport(bool vlan, uint32_t segs)
{
	uint32_t i, len;

	memcpy(f.data, MAC(2), 6);
	put(&good, piece(vlan ? SVNIC_TXD_VLAN : 0));
	for (i = 0; i < segs; i++) {
		len = segment(i, false);
		memcpy(want, MAC(2), 6);
		CHECK(rx_get(&q[2], &r));
		EQ(r.len, len);
		CHECK(!memcmp(r.data, want, len));
		EQ(!(r.info & SVNIC_RXC_VLAN), !vlan);
		EQ(r.info & SVNIC_RXC_COALESCED, 0);
		EQ(r.info & SVNIC_RXC_CSUM_BAD, 0);
		queue_post(&q[2], r.bufs);
	}
	CHECK(!rx_get(&q[2], &r));
	run();
}

/* Another function gets segments, whatever it coalesces. */
static void vport(void)
{
	net_up(2, 0);
	t = &q[1];
	wr(2, SVNIC_REG_RX_CTRL, SVNIC_RX_CTRL_COALESCE |
	   SVNIC_RX_CTRL_VLAN_STRIP);
	all(to_vport);
}

static void malformed(struct svnic_tx_tso ctx, struct svnic_tx_desc d)
{
	queue_start(t);
	put(&ctx, d);
	EQ(queue_error(t, false), SVNIC_ERR_DESC);
	EQ(h->wire_n, 0);
}

static void dropped(struct svnic_tx_tso ctx, struct svnic_tx_desc d)
{
	uint64_t errors = STAT(1, tx_errors);

	queue_start(t);
	put(&ctx, d);
	EQ(queue_status(t), 3);
	EQ(STAT(1, tx_errors), errors + 1);
	EQ(h->wire_n, 0);
}

/* S10 is a rule of format, S11 and S12 are rules of content. */
static void bad(void)
{
	struct svnic_tx_tso ctx;
	struct svnic_tx_desc d;
	unsigned int outer;
	uint32_t hlen;
	uint8_t *p;

	net_up(1, 0);
	t = &q[1];
	for (outer = 0; outer < 2; outer++) {
		make(false, outer, VXLAN_CSUM, 3000);
		hlen = outer ? 40 : 20;
		d = piece(0);
		p = mem_at(d.addr);
#define BAD(how, what) do {						\
		ctx = good;						\
		what;							\
		how(ctx, d);						\
		memcpy(p, f.data, f.len);				\
} while (0)
		BAD(malformed, ctx.outer_l3 = 0);
		BAD(malformed, ctx.outer_l4 = 0);
		BAD(malformed, ctx.opts = 2);
		BAD(malformed, ctx.opts = 0x81);
		BAD(malformed, ctx.outer_l3 = 0; ctx.outer_l4 = 0);
		BAD(dropped, ctx.outer_l3 = 13);
		BAD(dropped, ctx.outer_l3 = ctx.l3_start - 19);
		BAD(dropped, ctx.outer_l3 = 255);
		BAD(dropped, p[14] = 0x55);
		BAD(dropped, ctx.outer_l4 = 14 + hlen - 1);
		BAD(dropped, ctx.outer_l4 = ctx.l3_start - 7);
		BAD(dropped, ctx.outer_l4 = 255);
		if (!outer) {
			BAD(dropped, p[14] = 0x44);
			BAD(dropped, p[14] = 0x4f);
		}
		make(false, outer, IPIP, 3000);
		d = piece(0);
		p = mem_at(d.addr);
		BAD(dropped, ctx.outer_l3 = 15);
		if (!outer)
			BAD(dropped, p[14] = 0x46);
#undef BAD
	}
	/* Without the feature. */
	wr(1, SVNIC_REG_CTRL, 0);
	fn_up(1, ALL_FEATURES(1) & ~SVNIC_F_TSO_TUNNEL);
	make(false, false, GRE, 3000);
	malformed(good, piece(0));
	/* And it needs TSO. */
	wr(1, SVNIC_REG_CTRL, 0);
	wr64(1, SVNIC_REG_ACCEPT_LO, ALL_FEATURES(1) & ~SVNIC_F_TSO);
	wr(1, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	EQ(rd(1, SVNIC_REG_STATUS) & SVNIC_STATUS_ENABLED, 0);
}

const struct test tunnel_tests[] = {
	TEST(wire),
	TEST(vport),
	TEST(bad),
	{ 0 },
};
