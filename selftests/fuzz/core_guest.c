// SPDX-License-Identifier: GPL-2.0-or-later
/* A guest that does anything with its VF */
#include "core.h"
#include "flow.h"
#include "svnic_core_bytes.h"

#define PAIRS		2
#define FRAMES		8	/* common ones */
#define TUNNELS		8	/* TCP in tunnels */
#define ALL_FRAMES	(FRAMES + TUNNELS)
#define COMMANDS	FLOW_RING_SIZE
#define FRAME_ROOM	4096	/* bytes of txbuf for each of the frames */
#define UNMAPPED	0xffff

/* A valid frame to send. */
struct template {
	uint8_t		data[FRAME_ROOM];
	uint16_t	len;
	uint8_t		l3, l4, hdr_len;
	uint8_t		outer_l3, outer_l4;
	bool		tcp;
};

static struct template templates[ALL_FRAMES];
static struct queue pair[PAIRS];
static uint64_t mbx, cmds;

static void tag(struct template *t, uint16_t proto, uint16_t tci)
{
	t->len = frame_vlan(t->data, t->len, proto, tci);
	t->l3 += 4;
	t->l4 += 4;
	t->hdr_len += 4;
}

/* TCP behind an IPv4 header, and half of them a UDP header, of a tunnel */
static void make_tunnel(struct template *t, unsigned int i)
{
	const uint8_t *to[4] = {
		MAC(0), MAC(NEIGHBOUR), mac_bcast, mac_other,
	};
	struct tcp_args args = {
		.v6 = i & 1,
		.payload = 1 + 1000 * (i & 3),
		.opts = i,
		.smac = MAC(GUEST),
		.dmac = to[i & 3],
		.src = 1,
		.dst = 2,
	};
	unsigned int more = i & 4 ? 28 : 20;
	static struct tcp_frame f;
	uint8_t *ip = t->data + 14;

	args.opts &= ~3u;
	frame_l4(&f, &args, true);
	t->len = f.len + more;
	t->l3 = f.l3 + more;
	t->l4 = f.l4 + more;
	t->hdr_len = f.hdr_len + more;
	t->tcp = true;
	t->outer_l3 = 14;
	memcpy(t->data, f.data, 14);
	svnic_put_be16(t->data + 12, 0x0800);
	memcpy(ip + more, f.data + 14, f.len - 14);
	ip[0] = 0x45;
	svnic_put_be16(ip + 2, t->len - 14);
	ip[8] = 64;
	ip[9] = i & 4 ? 17 : i & 1 ? 41 : 4;
	ip[12] = 10;
	ip[16] = 10;
	svnic_put_be16(ip + 10, ref_csum(ip, 20, 0));
	if (i & 4) {
		t->outer_l4 = 34;
		svnic_put_be16(ip + 22, 4789);
		svnic_put_be16(ip + 24, t->len - 34);
	}
}

static void make_templates(void)
{
	const uint8_t *to[FRAMES] = {
		MAC(0), MAC(NEIGHBOUR), mac_bcast, mac_other, mac_mcast, MAC(0),
		MAC(NEIGHBOUR), MAC(GUEST),
	};
	const uint8_t *from[FRAMES] = {
		MAC(GUEST), MAC(GUEST), MAC(GUEST), MAC(0), MAC(GUEST),
		MAC(GUEST), MAC(NEIGHBOUR), MAC(GUEST),
	};
	static struct tcp_frame f;
	struct template *t;
	unsigned int i;

	for (i = 0; i < FRAMES; i++) {
		struct tcp_args args = {
			.v6 = i & 1,
			.udp = i % 3 == 2,
			.payload = i < 4 ? 40 + 100 * i : 500 * i,
			.opts = i * 4,
			.smac = from[i],
			.dmac = to[i],
			.src = 1,
			.dst = 2,
		};

		frame_l4(&f, &args, true);
		t = &templates[i];
		t->len = f.len;
		t->l3 = f.l3;
		t->l4 = f.l4;
		t->hdr_len = f.hdr_len;
		t->tcp = !args.udp;
		memcpy(t->data, f.data, f.len);
		if (i == FRAMES - 1 || i == 5)
			tag(t, 0x8100, 5);
		/* with a priority tag, of either kind */
		if (i == 5 || i == 2)
			tag(t, i == 5 ? 0x8100 : 0x88a8, 0xe000);
	}
	for (i = 0; i < TUNNELS; i++)
		make_tunnel(&templates[FRAMES + i], i);
}

/* Counts descriptors that the NIC reads, from rings that were not moved. */
static void watch(uint64_t addr, size_t len, bool write)
{
	uint64_t *done = &descriptors->done;
	const struct queue *p;

	for (p = pair; !write && p < pair + PAIRS; p++) {
		if (addr - p->tx < p->tx_size * sizeof(struct svnic_tx_desc))
			*done += len / sizeof(struct svnic_tx_desc);
		if (addr - p->rx < p->rx_size * sizeof(struct svnic_rx_desc))
			*done += len / sizeof(struct svnic_rx_desc);
	}
}

/* Posts buffers without looking at the received frames. */
static void refill(struct queue *p, uint32_t n)
{
	p->rx_cons = p->rx_prod;
	queue_post(p, n);
}

static void pair_start(struct queue *p)
{
	wr(GUEST, SVNIC_QCFG(p->index, SVNIC_QCFG_CTRL), 0);
	queue_zero(p);
	queue_config(p);
	wr(GUEST, SVNIC_QCFG(p->index, SVNIC_QCFG_CTRL),
	   SVNIC_QCTRL_TX | SVNIC_QCTRL_RX);
	refill(p, p->rx_size);
}

/* Spreads received frames over the pairs, and some that do not exist. */
static void spread(uint8_t fields)
{
	unsigned int i;

	wr(GUEST, SVNIC_REG_RSS_CTRL, SVNIC_RSS_ENABLE | fields >> 4);
	wr(GUEST, SVNIC_REG_RSS_FIELDS_IPV4, fields * 0x010101);
	wr(GUEST, SVNIC_REG_RSS_FIELDS_IPV6, fields * 0x010101);
	for (i = 0; i < SVNIC_RSS_KEY_LEN; i += 4)
		wr(GUEST, SVNIC_REG_RSS_KEY + i, 0x12345678 * (i + 1));
	for (i = 0; i < 128; i += 4)
		wr(GUEST, SVNIC_REG_RSS_TABLE + i, 0x01000100 + i % 64 / 60);
}

/* Commands of all kinds; a doorbell executes them. */
static void make_commands(void)
{
	struct svnic_cmd *cmd;
	unsigned int i;

	cmds = mem_alloc(GUEST, COMMANDS * sizeof(*cmd));
	cmd = mem_at(cmds);
	for (i = 0; i < COMMANDS; i++, cmd++) {
		memset(cmd, 0, sizeof(*cmd));
		cmd->opcode = i % 4 ? SVNIC_FN_CAPS_GET : i * 8;
		cmd->cookie = i;
		cmd->vport = i == 5 ? NEIGHBOUR : 0;
		cmd->data_len = 256;
		cmd->data_addr = i % 8 == 7 ? q[NEIGHBOUR].txbuf :
				 i % 8 == 6 ? ~0ULL : mbx + 2048;
	}
}

/* Everything that a driver does at its start. */
static void up(uint64_t without)
{
	unsigned int i;

	wr64(GUEST, SVNIC_REG_ACCEPT_LO, (ALL_FEATURES(GUEST) & ~without) |
	     (without & 1 ? SVNIC_F_DB_ARM : 0));
	wr(GUEST, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	wr(GUEST, SVNIC_REG_RX_CTRL, SVNIC_RX_CTRL_VLAN_STRIP |
	   SVNIC_RX_CTRL_COALESCE);
	wr64(GUEST, SVNIC_REG_EVQ_BASE_LO, evq[GUEST].addr);
	wr(GUEST, SVNIC_REG_EVQ_SIZE, EVQ_SIZE);
	wr64(GUEST, SVNIC_REG_MBX_BASE_LO, mbx);
	wr64(GUEST, SVNIC_REG_CMD_BASE_LO, cmds);
	wr(GUEST, SVNIC_REG_CMD_SIZE, COMMANDS);
	spread(without ? without : 0xff);
	for (i = 0; i < PAIRS; i++) {
		/* Start near the end, so that indices wrap soon. */
		pair[i].tx_start = -(uint32_t)without;
		pair[i].rx_start = -(uint32_t)without;
		pair[i].rx_fmt = without & 2 ? SVNIC_RX_FMT_CMPL32 :
					       SVNIC_RX_FMT_CMPL16;
		pair_start(&pair[i]);
	}
}

static void load_templates(struct queue *p)
{
	unsigned int i;

	for (i = 0; i < ALL_FRAMES; i++)
		memcpy(mem_at(p->txbuf + i * FRAME_ROOM), templates[i].data,
		       FRAME_ROOM);
}

void guest_start(void)
{
	unsigned int i;

	if (!templates[0].len)
		make_templates();
	mbx = mem_alloc(GUEST, 4096);
	make_commands();
	pair[0] = q[GUEST];
	queue_alloc(&pair[1], GUEST, 1);
	pair[1].buf_size = 256;
	for (i = 0; i < PAIRS; i++)
		load_templates(&pair[i]);
	/* The PF has stopped the first, too. */
	pair_start(&pair[0]);
	pair_start(&pair[1]);
	wr64(GUEST, SVNIC_REG_MBX_BASE_LO, mbx);
	wr64(GUEST, SVNIC_REG_CMD_BASE_LO, cmds);
	wr(GUEST, SVNIC_REG_CMD_SIZE, COMMANDS);
	spread(0xff);
	net_watch = watch;
	run();
}

/* Makes a descriptor invalid in one way. */
static void spoil(struct svnic_tx_desc *d)
{
	switch (rnd() % 8) {
	case 0:
		d->addr = rnd();
		break;
	case 1:
		d->addr = q[NEIGHBOUR].txbuf + rnd() % 4096;
		break;
	case 2:
		d->len = rnd();
		break;
	case 3:
		d->flags = rnd();
		break;
	case 4:
		d->flags ^= 1u << rnd() % 16;
		break;
	case 5:
		d->csum_start = rnd();
		break;
	case 6:
		d->csum_offset = rnd();
		break;
	default:
		((uint8_t *)d)[rnd() % sizeof(*d)] = rnd();
	}
}

static void put(struct queue *p, const void *desc, unsigned int wrong)
{
	struct svnic_tx_desc d;

	memcpy(&d, desc, sizeof(d));
	if (wrong && rnd() % (1u << wrong) == 0)
		spoil(&d);
	tx_put(p, &d);
}

/* An inline frame; an invalid one may have too few bytes. */
static void put_inline(struct queue *p, struct svnic_tx_desc *d,
		       const struct template *f, unsigned int wrong)
{
	unsigned int at;

	d->flags |= SVNIC_TXD_INLINE | SVNIC_TXD_EOP;
	d->len = f->len;
	put(p, d, wrong);
	for (at = 0; at < f->len; at += sizeof(*d))
		tx_put(p, f->data + at);
}

static unsigned int some_frame(void)
{
	return rnd() % 8 ? rnd() % FRAMES : FRAMES + rnd() % TUNNELS;
}

/* A frame in several pieces; one in 2^wrong descriptors is invalid. */
static void put_frame(struct queue *p, unsigned int wrong)
{
	unsigned int t = some_frame(), at, len;
	const struct template *f = &templates[t];
	struct svnic_tx_desc d = { .flags = SVNIC_TXD_SOP };
	struct svnic_tx_tso tso = {
		.mss = 64 + rnd() % 1400,
		.hdr_len = f->hdr_len,
		.outer_l3 = f->outer_l3,
		.outer_l4 = f->outer_l4,
		.opts = f->outer_l4 ? rnd() & SVNIC_TSO_OUTER_CSUM : 0,
		.flags = SVNIC_TXD_CTX,
		.l3_start = f->l3,
	};

	if (wrong && rnd() % 64 == 0)
		tso.opts = rnd();
	if (f->tcp && rnd() % (f->outer_l3 ? 4 : 16) == 0) {
		put(p, &tso, wrong);
		d.flags |= SVNIC_TXD_TSO | SVNIC_TXD_CSUM;
	} else if (rnd() % 2) {
		d.flags |= SVNIC_TXD_CSUM;
	}
	if (d.flags & SVNIC_TXD_CSUM) {
		d.csum_start = f->l4;
		d.csum_offset = f->tcp ? 16 : 6;
	}
	if (rnd() % 16 == 0) {
		d.flags |= SVNIC_TXD_VLAN;
		d.vlan_tci = rnd();
	}
	/* Sometimes one that is too long for an inline frame. */
	if (rnd() % (f->len <= rd(GUEST, SVNIC_REG_TX_INLINE) ? 4 : 256) == 0) {
		put_inline(p, &d, f, wrong);
		return;
	}
	for (at = 0; at < f->len; at += len) {
		len = f->len - at;
		if (rnd() % 2 && len > f->hdr_len)
			len = f->hdr_len;
		if (at + len == f->len)
			d.flags |= SVNIC_TXD_EOP;
		d.addr = p->txbuf + t * FRAME_ROOM + at;
		d.len = len;
		put(p, &d, wrong);
		memset(&d, 0, sizeof(d));
	}
}

static void burst(struct input *in)
{
	uint8_t how = in8(in), n = in8(in);
	struct queue *p = &pair[how & 1];
	uint32_t first;

	rnd_seed(in16(in));
	if (!(how & 2) && queue_status(p) !=
	    (SVNIC_QSTATUS_TX | SVNIC_QSTATUS_RX))
		pair_start(p);
	for (first = p->tx_prod; p->tx_prod - first < n / 2; )
		put_frame(p, how >> 4);
	tx_ring(p);
	refill(p, n % 64);
}

/* An existing register, one of those that a driver writes. */
static uint32_t some_reg(struct input *in)
{
	uint8_t pick = in8(in);

	switch (pick >> 5) {
	case 0:
		return SVNIC_REG_CTRL + 4 * (pick % 16);
	case 1:
		return SVNIC_REG_RSS_CTRL + 4 * (pick % 32);
	case 2:
		return (pick & 8 ? SVNIC_REG_MODERATION_TX :
				   SVNIC_REG_MODERATION_RX) + 4 * (pick % 8);
	case 3:
		return SVNIC_REG_CMD_BASE_LO + 4 * (pick % 8);
	case 4:
		return SVNIC_REF_DB_OFFSET +
		       pick % 16 / 4 * SVNIC_REF_DB_STRIDE + pick % 4 * 4;
	default:
		return SVNIC_QCFG(pick % 4, 4 * (in8(in) % 32));
	}
}

static uint32_t some_value(struct input *in)
{
	uint8_t pick = in8(in);

	switch (pick >> 6) {
	case 0:
		return pick;
	case 1:
		return 1u << (pick & 31);
	case 2:
		return MEM_BASE + (uint32_t)in16(in) * 64;
	default:
		return in32(in);
	}
}

static void write_reg(struct input *in, uint64_t reg)
{
	unsigned int size = 1u << (in8(in) & 3);
	uint64_t room = svnic_core_bar_size(h->core, GUEST) - size;
	uint64_t val = size == 8 ? in64(in) : some_value(in);

	if (reg > room)
		reg = room;
	if (!svnic_core_doorbell(h->core, GUEST, reg, val, size))
		svnic_core_mmio_write(h->core, GUEST, reg, val, size);
}

static void read_reg(struct input *in)
{
	unsigned int size = 1u << (in8(in) & 3);
	uint64_t room = svnic_core_bar_size(h->core, GUEST) - size;

	svnic_core_mmio_read(h->core, GUEST, in32(in) % (room + 1), size);
}

static void doorbell(struct input *in)
{
	uint8_t pick = in8(in);
	struct queue *p = &pair[pick & 1];
	int8_t off = in8(in);
	bool rx = pick & 2;
	uint32_t val = (rx ? p->rx_prod : p->tx_prod) + off;

	if (pick & 4)
		val += (uint32_t)off << 8;
	if (pick & 8) {
		if (rx)
			queue_state(p)->rx_prod = val;
		else
			queue_state(p)->tx_prod = val;
	}
	wr(GUEST, SVNIC_REF_DB_OFFSET + p->index * SVNIC_REF_DB_STRIDE +
	   (rx ? SVNIC_DB_RX : SVNIC_DB_TX), val);
}

/* Random bytes in memory that the NIC may read: rings, indices, frames. */
static void scribble(struct input *in)
{
	uint8_t pick = in8(in), len = 1 + in8(in) % 32;
	struct queue *p = &pair[pick & 1];
	uint16_t at = in16(in);

	switch (pick >> 6) {
	case 0:
		in_bytes(in, mem_at(p->tx + at % 4096), len);
		break;
	case 1:
		in_bytes(in, mem_at(p->rx + at % 4096), len);
		break;
	case 2:
		in_bytes(in, mem_at(p->state + at % 128), len);
		break;
	default:
		in_bytes(in, mem_at(p->txbuf + at % ALL_FRAMES * FRAME_ROOM +
				    (at >> 8) % 128), len);
	}
}

static void desc(struct input *in)
{
	struct queue *p = &pair[in8(in) & 1];
	struct svnic_tx_desc d;

	in_bytes(in, &d, sizeof(d));
	d.addr = p->txbuf + d.addr % (FRAMES * FRAME_ROOM);
	tx_put(p, &d);
	tx_ring(p);
}

static void request(struct input *in)
{
	size_t len = message(in, mem_at(mbx));
	uint8_t how = in8(in);

	if (how & 0x80)
		len = in16(in);
	wr(GUEST, SVNIC_REG_MBX_DB, len);
	if (how & 0x40)
		wr(GUEST, SVNIC_REG_MBX_DB, len);
}

static void from_wire(struct input *in)
{
	uint8_t data[FRAME_ROOM], pick = in8(in);
	const struct template *t = &templates[pick % FRAMES];

	memcpy(data, t->data, sizeof(data));
	memcpy(data, pick & 0x20 ? MAC(GUEST) : mac_bcast, 6);
	memcpy(data + 6, mac_other, 6);
	if (pick & 0x40)
		in_bytes(in, data + 12 + in8(in) % 64, 4);
	wire_rx(data, pick & 0x80 ? 14 + in16(in) % (t->len - 13) : t->len);
}

/* Unmaps a page of the guest, or maps all again. */
static void remap(struct input *in)
{
	size_t page = in16(in), pages = h->used / 4096;

	if (page < pages) {
		if (h->owner[page] == GUEST + 1)
			h->owner[page] = UNMAPPED;
		return;
	}
	for (page = 0; page < pages; page++)
		if (h->owner[page] == UNMAPPED)
			h->owner[page] = GUEST + 1;
}

static void fault(struct input *in)
{
	uint8_t pick = in8(in);

	h->fail_fn = GUEST;
	if (pick & 1)
		h->fail_read = pick >> 1;
	else
		h->fail_write = pick >> 1;
}

/* Section 11: after an FLR the function does no DMA. */
static void flr(void)
{
	unsigned int reads, writes;

	svnic_core_flr(h->core, GUEST);
	reads = h->fn_reads[GUEST];
	writes = h->fn_writes[GUEST];
	run();
	EQ(h->fn_reads[GUEST], reads);
	EQ(h->fn_writes[GUEST], writes);
}

/* Section 10.3: no queue of a VF that is disabled runs. */
static void disabled(void)
{
	unsigned int i;

	pf_disable();
	for (i = 0; i < PAIRS; i++)
		EQ(queue_status(&pair[i]) &
		   (SVNIC_QSTATUS_TX | SVNIC_QSTATUS_RX), 0);
	for (i = 0; i < PAIRS; i++) {
		pair_start(&pair[i]);
		EQ(queue_status(&pair[i]) &
		   (SVNIC_QSTATUS_TX | SVNIC_QSTATUS_RX), 0);
	}
	flr();
}

static void surroundings(struct input *in)
{
	uint8_t pick = in8(in);

	switch (pick >> 6) {
	case 0:
		h->wire_room = pick;
		break;
	case 1:
		h->wire_room = ~0u;
		break;
	case 2:
		svnic_core_set_link(h->core, pick & 1);
		break;
	default:
		if (pick & 1)
			disabled();
		else
			flr();
	}
}

/* Settings of the guest by the administrator. */
static void administer(struct input *in)
{
	uint8_t pick = in8(in);
	uint64_t max = 1ULL << pick % 32;

	switch (pick >> 6) {
	case 0:
		pf_set_vlan(pick << 8 | (pick & 0xf) | 1,
			    pick & 0x10 ? 0x88a8 : 0x8100);
		break;
	case 1:
		pf_set_vlan(0, 0);
		break;
	case 2:
		pf_set_rate(pick & 0x20 ? max / 2 : 0, max);
		break;
	default:
		pf_set_rate(0, 0);
	}
}

void guest_act(struct input *in)
{
	uint8_t what = in8(in);

	switch (what % 20) {
	case 0:
		write_reg(in, in32(in) % svnic_core_bar_size(h->core, GUEST));
		break;
	case 1:
		write_reg(in, some_reg(in));
		break;
	case 2:
		read_reg(in);
		break;
	case 3:
		doorbell(in);
		break;
	case 4:
		scribble(in);
		break;
	case 5:
		desc(in);
		break;
	case 6:
		request(in);
		break;
	case 7:
		from_wire(in);
		break;
	case 8:
		remap(in);
		break;
	case 9:
		fault(in);
		break;
	case 10:
		surroundings(in);
		break;
	case 11:
		advance(in16(in) % 1000);
		break;
	case 12:
		up(what & 0x80 ? in16(in) : 0);
		break;
	case 13:
		administer(in);
		break;
	case 14:
		flow_post(in, GUEST, cmds, mbx + 3072);
		break;
	default:
		burst(in);
	}
}
