// SPDX-License-Identifier: GPL-2.0-or-later
/* A driver for the core's functions, with no more than the tests need. */
#include "test.h"

struct events evq[FNS_MAX];
struct queue q[FNS_MAX];

static uint64_t admin_ring, admin_data, mbx_ring;
static uint32_t admin_prod;
static uint16_t admin_cookie;

#define ADMIN_SIZE	64

void evq_start(unsigned int fn, uint32_t size)
{
	if (!evq[fn].addr)
		evq[fn].addr = mem_alloc(fn, 65536);
	memset(mem_at(evq[fn].addr), 0, 65536);
	evq[fn].size = size;
	evq[fn].cons = 0;
	wr64(fn, SVNIC_REG_EVQ_BASE_LO, evq[fn].addr);
	wr(fn, SVNIC_REG_EVQ_SIZE, size);
	EQ(rd(fn, SVNIC_REG_EVQ_SIZE), size);
	run();
}

void admin_start(void)
{
	if (!admin_prod || rd(0, SVNIC_REG_CMD_SIZE) == 0) {
		admin_ring = mem_alloc(0, ADMIN_SIZE * 64);
		admin_data = mem_alloc(0, 4096);
		mbx_ring = mem_alloc(0, 256 * FNS_MAX);
	}
	admin_prod = 0;
	wr64(0, SVNIC_REG_CMD_BASE_LO, admin_ring);
	wr(0, SVNIC_REG_CMD_SIZE, ADMIN_SIZE);
	EQ(rd(0, SVNIC_REG_CMD_SIZE), ADMIN_SIZE);
	wr64(0, SVNIC_REG_MBX_RING_LO, mbx_ring);
	run();
}

void fn_up(unsigned int fn, uint64_t features)
{
	wr64(fn, SVNIC_REG_ACCEPT_LO, features);
	wr(fn, SVNIC_REG_CTRL, SVNIC_CTRL_ENABLE);
	EQ(rd(fn, SVNIC_REG_STATUS), SVNIC_STATUS_READY |
	   SVNIC_STATUS_ENABLED);
	wr(fn, SVNIC_REG_RX_CTRL, SVNIC_RX_CTRL_VLAN_STRIP |
	   SVNIC_RX_CTRL_COALESCE);
	evq_start(fn, EVQ_SIZE);
	if (!fn && features & SVNIC_F_ADMIN)
		admin_start();
}

bool event_get(unsigned int fn, struct svnic_event *event)
{
	struct events *e = &evq[fn];
	struct svnic_event *ring = mem_at(e->addr);

	*event = ring[e->cons & (e->size - 1)];
	if ((event->flags & SVNIC_EVENT_PHASE) == !!(e->cons & e->size))
		return false;
	e->cons++;
	return true;
}

void event_cons(unsigned int fn)
{
	wr(fn, SVNIC_REG_EVQ_CONS, evq[fn].cons);
	run();
}

unsigned int events_drain(unsigned int fn)
{
	struct svnic_event event;
	unsigned int n = 0;

	do {
		while (event_get(fn, &event))
			n++;
		event_cons(fn);
	} while (event_get(fn, &event) && ++n);
	return n;
}

void admin_post(const struct svnic_cmd *cmd)
{
	struct svnic_cmd *ring = mem_at(admin_ring);

	ring[admin_prod++ & (ADMIN_SIZE - 1)] = *cmd;
	wr(0, SVNIC_REG_CMD_PROD, admin_prod);
}

/* Other events that arrive before the answer are dropped. */
enum svnic_error admin(struct svnic_cmd *cmd)
{
	struct svnic_event event;

	cmd->cookie = ++admin_cookie;
	admin_post(cmd);
	run();
	do {
		CHECK(event_get(0, &event));
	} while (event.type != SVNIC_EVENT_COMMAND);
	event_cons(0);
	EQ(event.data & 0xffff, admin_cookie);
	EQ(event.vf, SVNIC_EVENT_SELF);
	return event.data >> 16;
}

/* Zeroes all bytes; an initializer of a union does not promise that. */
struct svnic_cmd admin_cmd(uint16_t opcode, uint16_t vport)
{
	struct svnic_cmd cmd;

	memset(&cmd, 0, sizeof(cmd));
	cmd.opcode = opcode;
	cmd.vport = vport;
	return cmd;
}

enum svnic_error vport_set(unsigned int vport, const struct svnic_vport_cfg *c)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_VPORT_SET, vport);

	cmd.vport_cfg = *c;
	return admin(&cmd);
}

enum svnic_error vport_flags(unsigned int vport, uint32_t flags, uint32_t mask)
{
	struct svnic_vport_cfg cfg = {
		.mask = SVNIC_VPORT_SET_FLAGS,
		.flags = flags,
		.flags_mask = mask,
	};

	return vport_set(vport, &cfg);
}

enum svnic_error vport_mac(unsigned int vport, const uint8_t *mac)
{
	struct svnic_vport_cfg cfg = { .mask = SVNIC_VPORT_SET_MAC };

	memcpy(cfg.mac, mac, 6);
	return vport_set(vport, &cfg);
}

enum svnic_error vport_vlan(unsigned int vport, uint16_t tci, uint16_t proto)
{
	struct svnic_vport_cfg cfg = {
		.mask = SVNIC_VPORT_SET_PORT_VLAN,
		.port_vlan = tci,
		.port_vlan_proto = proto,
	};

	return vport_set(vport, &cfg);
}

enum svnic_error vport_link(unsigned int vport, uint8_t link)
{
	struct svnic_vport_cfg cfg = {
		.mask = SVNIC_VPORT_SET_LINK,
		.link = link,
	};

	return vport_set(vport, &cfg);
}

enum svnic_error vport_frame_max(unsigned int vport, uint16_t max)
{
	struct svnic_vport_cfg cfg = {
		.mask = SVNIC_VPORT_SET_FRAME_MAX,
		.frame_max = max,
	};

	return vport_set(vport, &cfg);
}

enum svnic_error vport_grant(unsigned int vport, uint16_t queues,
			     uint16_t vectors, uint16_t macs, uint16_t vids)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_VPORT_GRANT, vport);

	cmd.grant.queues = queues;
	cmd.grant.vectors = vectors;
	cmd.grant.mac_filters = macs;
	cmd.grant.vlan_filters = vids;
	return admin(&cmd);
}

enum svnic_error vport_enable(unsigned int vport, uint32_t seq)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_VPORT_ENABLE, vport);

	cmd.enable.reset_seq = seq;
	return admin(&cmd);
}

enum svnic_error vport_disable(unsigned int vport)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_VPORT_DISABLE,
					       vport);

	return admin(&cmd);
}

enum svnic_error vport_rate(unsigned int vport,
			    const struct svnic_vport_rate *rate)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_RATE_SET, vport);

	cmd.rate = *rate;
	return admin(&cmd);
}

struct svnic_vport_rate vport_rate_get(unsigned int vport)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_RATE_GET, vport);

	cmd.data_len = sizeof(struct svnic_vport_rate);
	cmd.data_addr = admin_data;
	EQ(admin(&cmd), SVNIC_ERR_NONE);
	return *(struct svnic_vport_rate *)mem_at(admin_data);
}

enum svnic_error vport_filter(unsigned int vport, const uint8_t *mac, bool add)
{
	struct svnic_cmd cmd = admin_cmd(add ? SVNIC_ADMIN_MAC_ADD :
					       SVNIC_ADMIN_MAC_DEL, vport);

	memcpy(cmd.mac.mac, mac, 6);
	return admin(&cmd);
}

static enum svnic_error vport_tag(unsigned int vport, uint16_t proto,
				  uint16_t vid, bool add)
{
	struct svnic_cmd cmd = admin_cmd(add ? SVNIC_ADMIN_VLAN_ADD :
					       SVNIC_ADMIN_VLAN_DEL, vport);

	cmd.vlan.vid = vid;
	cmd.vlan.proto = proto;
	return admin(&cmd);
}

enum svnic_error vport_vid(unsigned int vport, uint16_t vid, bool add)
{
	return vport_tag(vport, 0x8100, vid, add);
}

enum svnic_error vport_svid(unsigned int vport, uint16_t vid, bool add)
{
	return vport_tag(vport, 0x88a8, vid, add);
}

struct svnic_vport_info vport_info(unsigned int vport)
{
	struct svnic_cmd cmd = admin_cmd(SVNIC_ADMIN_VPORT_GET, vport);

	cmd.data_len = 64;
	cmd.data_addr = admin_data;
	EQ(admin(&cmd), SVNIC_ERR_NONE);
	return *(struct svnic_vport_info *)mem_at(admin_data);
}

void vfs_up(unsigned int n)
{
	unsigned int fn;

	for (fn = 1; fn <= n; fn++) {
		EQ(vport_mac(fn, MAC(fn)), SVNIC_ERR_NONE);
		EQ(vport_flags(fn, SVNIC_VPORT_BCAST, SVNIC_VPORT_FLAGS),
		   SVNIC_ERR_NONE);
		EQ(vport_frame_max(fn, 9018), SVNIC_ERR_NONE);
		EQ(vport_grant(fn, h->config.vf_queues,
			       h->config.vf_queues + 1, 4, 4), SVNIC_ERR_NONE);
		EQ(vport_enable(fn, 0), SVNIC_ERR_NONE);
	}
	svnic_core_set_vfs(h->core, n);
}

void net_up(unsigned int n, uint64_t without)
{
	unsigned int fn;

	if (!h)
		host_new(NULL);
	fn_up(0, ALL_FEATURES(0));
	EQ(vport_frame_max(0, 9018), SVNIC_ERR_NONE);
	vfs_up(n);
	for (fn = 0; fn <= n; fn++) {
		if (fn)
			fn_up(fn, ALL_FEATURES(fn) & ~without);
		queue_alloc(&q[fn], fn, 0);
		q[fn].events = !(fn && without & SVNIC_F_EVENT_IDX);
		queue_start(&q[fn]);
		queue_post(&q[fn], q[fn].rx_size);
	}
	run();
}

void queue_alloc(struct queue *q, unsigned int fn, unsigned int index)
{
	memset(q, 0, sizeof(*q));
	q->fn = fn;
	q->index = index;
	q->tx_size = 256;
	q->rx_size = 64;
	q->buf_size = 2048;
	q->vector = index + 1;
	q->events = true;
	q->tx = mem_alloc(fn, 4096 * 16);
	q->rx = mem_alloc(fn, 4096 * 8);
	q->cmpl = mem_alloc(fn, 4096 * 16);
	q->state = mem_alloc(fn, sizeof(struct svnic_queue_state));
	q->bufs = mem_alloc(fn, 64 * 4096);
	q->txbuf = mem_alloc(fn, 512 * 1024);
}

static size_t cmpl_size(const struct queue *q)
{
	return q->rx_fmt == SVNIC_RX_FMT_CMPL32 ?
	       sizeof(struct svnic_rx_cmpl32) : sizeof(struct svnic_rx_cmpl);
}

/* The last word of the completion of an index */
static uint32_t *cmpl_info(const struct queue *q, uint32_t index)
{
	uint32_t slot = index & (q->rx_size - 1);

	return mem_at(q->cmpl + (slot + 1) * cmpl_size(q) - sizeof(uint32_t));
}

/* Makes all completions invalid: all zero if the ring starts at index 0. */
static void cmpl_zero(struct queue *q)
{
	uint32_t n = q->rx_size, i;

	memset(mem_at(q->cmpl), 0, n * cmpl_size(q));
	for (i = q->rx_start; i != q->rx_start + n; i++)
		*cmpl_info(q, i) = i & n ? SVNIC_RXC_PHASE : 0;
}

/* Both formats have the same members before @mark, and @info last. */
static struct svnic_rx_cmpl32 cmpl_get(const struct queue *q, uint32_t index)
{
	size_t size = cmpl_size(q), same = size;
	struct svnic_rx_cmpl32 c = { 0 };

	if (q->rx_fmt != SVNIC_RX_FMT_CMPL32)
		same = offsetof(struct svnic_rx_cmpl32, mark);
	memcpy(&c, mem_at(q->cmpl + (index & (q->rx_size - 1)) * size), same);
	c.info = *cmpl_info(q, index);
	return c;
}

void queue_zero(struct queue *q)
{
	*queue_state(q) = (struct svnic_queue_state){
		.tx_prod = q->tx_start, .rx_prod = q->rx_start,
		.tx_event = q->tx_start, .rx_event = q->rx_start,
		.tx_cons = q->tx_start,
		.tx_kick = q->tx_start, .rx_kick = q->rx_start,
	};
	cmpl_zero(q);
	q->tx_prod = q->tx_start;
	q->rx_prod = q->rx_start;
	q->rx_cons = q->rx_start;
}

void queue_config(struct queue *q)
{
	unsigned int i = q->index;

	wr(q->fn, SVNIC_QCFG(i, SVNIC_QCFG_VECTOR), q->vector);
	wr(q->fn, SVNIC_QCFG(i, SVNIC_QCFG_BUF_SIZE), q->buf_size);
	wr64(q->fn, SVNIC_QCFG(i, SVNIC_QCFG_TX_BASE_LO), q->tx);
	wr(q->fn, SVNIC_QCFG(i, SVNIC_QCFG_TX_SIZE), q->tx_size);
	wr(q->fn, SVNIC_QCFG(i, SVNIC_QCFG_RX_SIZE), q->rx_size);
	wr64(q->fn, SVNIC_QCFG(i, SVNIC_QCFG_RX_BASE_LO), q->rx);
	wr64(q->fn, SVNIC_QCFG(i, SVNIC_QCFG_CMPL_BASE_LO), q->cmpl);
	wr64(q->fn, SVNIC_QCFG(i, SVNIC_QCFG_STATE_BASE_LO), q->state);
	wr(q->fn, SVNIC_QCFG(i, SVNIC_QCFG_RX_FMT), q->rx_fmt);
	wr(q->fn, SVNIC_QCFG(i, SVNIC_QCFG_TX_START), q->tx_start);
	wr(q->fn, SVNIC_QCFG(i, SVNIC_QCFG_RX_START), q->rx_start);
}

void queue_start(struct queue *q)
{
	/* of what stopped with an error */
	wr(q->fn, SVNIC_QCFG(q->index, SVNIC_QCFG_CTRL), 0);
	queue_zero(q);
	queue_config(q);
	wr(q->fn, SVNIC_QCFG(q->index, SVNIC_QCFG_CTRL),
	   SVNIC_QCTRL_TX | SVNIC_QCTRL_RX);
	EQ(queue_status(q), SVNIC_QSTATUS_TX | SVNIC_QSTATUS_RX);
}

uint32_t queue_status(const struct queue *q)
{
	return rd(q->fn, SVNIC_QCFG(q->index, SVNIC_QCFG_STATUS));
}

enum svnic_error queue_error(const struct queue *q, bool rx)
{
	return (queue_status(q) >> (rx ? SVNIC_QSTATUS_RX_ERR_SHIFT :
				    SVNIC_QSTATUS_TX_ERR_SHIFT)) &
	       SVNIC_QSTATUS_ERR_MASK;
}

struct svnic_queue_state *queue_state(const struct queue *q)
{
	return mem_at(q->state);
}

static bool passes(uint32_t e, uint32_t old, uint32_t new)
{
	return (uint32_t)(new - e - 1) < (uint32_t)(new - old);
}

static void doorbell(struct queue *q, uint32_t db, uint32_t val)
{
	wr(q->fn, SVNIC_REF_DB_OFFSET + q->index * SVNIC_REF_DB_STRIDE + db,
	   val);
}

/* Hashes addresses, and ports where there are. */
void rss_start(unsigned int fn)
{
	const uint32_t fields = SVNIC_RSS_SRC | SVNIC_RSS_DST |
				SVNIC_RSS_SPORT | SVNIC_RSS_DPORT;

	wr(fn, SVNIC_REG_RSS_FIELDS_IPV4, fields * 0x010101);
	wr(fn, SVNIC_REG_RSS_FIELDS_IPV6, fields * 0x010101);
	wr(fn, SVNIC_REG_RSS_CTRL, SVNIC_RSS_ENABLE);
}

/* Posts @n buffers, by the rules of 4.5. */
void queue_post(struct queue *q, uint32_t n)
{
	struct svnic_rx_desc *ring = mem_at(q->rx);
	struct svnic_queue_state *s = queue_state(q);
	uint32_t old = q->rx_prod, slot;

	while (n--) {
		slot = q->rx_prod++ & (q->rx_size - 1);
		ring[slot].addr = q->bufs + (slot % 64) * 4096;
	}
	s->rx_prod = q->rx_prod;
	if (!q->events || passes(s->rx_kick, old, q->rx_prod))
		doorbell(q, SVNIC_DB_RX, q->rx_prod);
}

void tx_put(struct queue *q, const void *desc)
{
	struct svnic_tx_desc *ring = mem_at(q->tx);

	memcpy(&ring[q->tx_prod++ & (q->tx_size - 1)], desc, sizeof(*ring));
}

void tx_put_inline(struct queue *q, const struct svnic_tx_desc *desc,
		   const void *data)
{
	uint32_t n = SVNIC_TXD_INLINE_ENTRIES(desc->len), i;
	uint8_t entries[SVNIC_TXD_INLINE_ENTRIES(65535) * sizeof(*desc)];

	tx_put(q, desc);
	memset(entries, 0xa5, n * sizeof(*desc));
	memcpy(entries, data, desc->len);
	for (i = 0; i < n; i++)
		tx_put(q, entries + i * sizeof(*desc));
}

/* Memory for a piece of a frame, from a ring of half a MiB. */
uint64_t tx_room(struct queue *q, const void *data, uint32_t len)
{
	static uint32_t at;
	uint64_t addr;

	/* Small ones do not cross pages, so that their DMA is easy to count. */
	if (len <= 64)
		at = (at + 63) & ~63u;
	if (at + len > 512 * 1024)
		at = 0;
	addr = q->txbuf + at;
	at += len;
	memcpy(mem_at(addr), data, len);
	return addr;
}

struct svnic_tx_desc tx_piece(struct queue *q, const void *data, uint32_t len,
			      uint16_t flags)
{
	return (struct svnic_tx_desc){
		.addr = tx_room(q, data, len),
		.len = len,
		.flags = flags,
	};
}

void tx_put_piece(struct queue *q, const void *data, uint32_t len,
		  uint16_t flags)
{
	struct svnic_tx_desc desc = tx_piece(q, data, len, flags);

	tx_put(q, &desc);
}

/* An inline frame; its descriptor has no flags but @flags. */
struct svnic_tx_desc tx_inline(uint32_t len, uint16_t flags)
{
	return (struct svnic_tx_desc){
		.len = len,
		.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP | SVNIC_TXD_INLINE |
			 flags,
	};
}

/* Announces all descriptors put, by the rules of 4.5. */
void tx_ring(struct queue *q)
{
	struct svnic_queue_state *s = queue_state(q);
	uint32_t old = s->tx_prod;

	s->tx_prod = q->tx_prod;
	if (!q->events || passes(s->tx_kick, old, q->tx_prod))
		doorbell(q, SVNIC_DB_TX, q->tx_prod);
}

void tx_frame(struct queue *q, const void *data, uint32_t len, uint16_t flags)
{
	tx_put_piece(q, data, len, SVNIC_TXD_SOP | SVNIC_TXD_EOP | flags);
	tx_ring(q);
}

/* A large frame in one piece */
void tx_tso(struct queue *q, const struct tcp_frame *frame, uint16_t mss)
{
	const struct svnic_tx_tso ctx = {
		.mss = mss, .hdr_len = frame->hdr_len,
		.flags = SVNIC_TXD_CTX, .l3_start = frame->l3,
	};
	const struct svnic_tx_desc d = {
		.addr = tx_room(q, frame->data, frame->len),
		.len = frame->len,
		.csum_start = frame->l4, .csum_offset = 16,
		.flags = SVNIC_TXD_SOP | SVNIC_TXD_EOP | SVNIC_TXD_CSUM |
			 SVNIC_TXD_TSO,
	};

	tx_put(q, &ctx);
	tx_put(q, &d);
	tx_ring(q);
}

uint32_t tx_cons(const struct queue *q)
{
	return queue_state(q)->tx_cons;
}

/* The next frame received; checks everything that each completion must obey. */
bool rx_get(struct queue *q, struct rxframe *f)
{
	const struct svnic_rx_desc *posts = mem_at(q->rx);
	bool source = !q->fn && q->rx_fmt;
	struct svnic_rx_cmpl32 c;
	uint32_t slot;

	f->len = 0;
	f->bufs = 0;
	do {
		slot = q->rx_cons & (q->rx_size - 1);
		c = cmpl_get(q, q->rx_cons);
		if ((c.info & SVNIC_RXC_PHASE) ==
		    !!(q->rx_cons & q->rx_size)) {
			EQ(f->bufs, 0);
			return false;
		}
		CHECK(q->rx_cons != q->rx_prod);
		EQ(!!(c.info & SVNIC_RXC_SOP), f->bufs == 0);
		CHECK(c.len && c.len <= q->buf_size);
		CHECK(!c.mark && !c.time && !c.csum);
		if (!f->bufs) {
			/* Only the PF gets the source. */
			EQ(!!(c.info & SVNIC_RXC_SOURCE), source);
			CHECK(source || !c.source);
			f->first = c;
			f->info = c.info;
		} else {
			CHECK(!c.hash && !c.vlan_tci && !c.gso_size &&
			      !c.hdr_len && !c.source);
			CHECK(!(c.info & ~(SVNIC_RXC_PHASE | SVNIC_RXC_EOP)));
		}
		if (!(c.info & SVNIC_RXC_EOP))
			EQ(c.len, q->buf_size);
		CHECK(f->len + c.len <= sizeof(f->data));
		memcpy(f->data + f->len, mem_at(posts[slot].addr), c.len);
		f->len += c.len;
		f->bufs++;
		q->rx_cons++;
	} while (!(c.info & SVNIC_RXC_EOP));
	return true;
}

unsigned int rx_drain(struct queue *q)
{
	static struct rxframe f;
	unsigned int n = 0;

	while (rx_get(q, &f))
		n++;
	return n;
}

void rx_frames(unsigned int fn, unsigned int n)
{
	uint8_t frame[100];

	frame_eth(frame, MAC(fn), mac_other, 0x88b5, sizeof(frame));
	while (n--)
		wire_rx(frame, sizeof(frame));
}

uint64_t stat(unsigned int fn, size_t offset)
{
	return svnic_core_mmio_read(h->core, fn, SVNIC_REG_STATS + offset, 8);
}
