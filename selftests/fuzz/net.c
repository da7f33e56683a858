// SPDX-License-Identifier: GPL-2.0-or-later
/* The NIC of the fuzzers, and checks for its neighbours */
#include "net.h"
#include "svnic_core_packet.h"
#include "svnic_core_priv.h"

#define TALK_PROTO	0x88b5	/* of nobody's but net_talk() */

unsigned int hostile;
uint16_t net_port_vlan, net_port_proto;
void (*net_watch)(uint64_t addr, size_t len, bool write);

static struct rxframe rx;
static uint8_t frame[2048];

void check_failed(const char *file, int line, const char *what)
{
	fuzz_fail(file, line, what);
}

void check_differ(const char *file, int line, const char *what,
		  unsigned long long got, unsigned long long want)
{
	fprintf(stderr, "%llu, not %llu\n", got, want);
	fuzz_fail(file, line, what);
}

static bool within(uint64_t addr, size_t len, uint64_t start, size_t size)
{
	return addr < start + size && addr + len > start;
}

/* True for memory of a queue pair that the NIC only reads. */
static bool drivers_own(const struct queue *p, uint64_t addr, size_t len)
{
	return within(addr, len, p->tx,
		      p->tx_size * sizeof(struct svnic_tx_desc)) ||
	       within(addr, len, p->rx,
		      p->rx_size * sizeof(struct svnic_rx_desc)) ||
	       within(addr, len, p->txbuf, 512 * 1024) ||
	       within(addr, len, p->state,
		      offsetof(struct svnic_queue_state, tx_cons));
}

static void spy(struct host *h, unsigned int fn, uint64_t addr, size_t len,
		bool write)
{
	uint64_t page;

	if (fn == hostile) {
		if (net_watch)
			net_watch(addr, len, write);
		return;
	}
	MUST(addr >= MEM_BASE && addr + len <= MEM_BASE + MEM_SIZE);
	for (page = (addr - MEM_BASE) / 4096;
	     page <= (addr - MEM_BASE + len - 1) / 4096; page++)
		MUST(h->owner[page] == fn + 1);
	MUST(!write || !drivers_own(&q[fn], addr, len));
}

/* Like host_new(), without allocating 64 MiB each time. */
static void host_again(const struct svnic_core_config *config)
{
	struct svnic_host_ops ops = h->core->ops;
	uint16_t *owner = h->owner;
	uint8_t *mem = h->mem;

	svnic_core_free(h->core);
	wire_clear();
	memset(owner, 0, h->used / 4096 * sizeof(*owner));
	memset(mem, 0, h->used);
	memset(evq, 0, sizeof(evq[0]) * FNS_MAX);
	memset(q, 0, sizeof(q[0]) * FNS_MAX);
	*h = (struct host) {
		.config = *config,
		.mem = mem,
		.owner = owner,
		.wire_room = ~0u,
		.now = 1000000,
	};
	h->core = svnic_core_new(&h->config, &ops, h);
	CHECK(h->core);
	svnic_core_set_link(h->core, true);
}

void net_start(const struct svnic_core_config *config, uint64_t without)
{
	if (h)
		host_again(config);
	else
		host_new(config);
	/* For the hostile function only; spy() checks the others. */
	h->lenient = true;
	h->spy = spy;
	net_port_vlan = 0;
	net_up(2, without);
}

static void refill(struct queue *p)
{
	queue_post(p, p->rx_size - (p->rx_prod - p->rx_cons));
}

/*
 * A frame must not have the address of a function that obeys the rules. The
 * guest may have such an address only in a VLAN of its own.
 */
static bool spoofed(const uint8_t *data)
{
	unsigned int fn;

	for (fn = 0; fn <= 2; fn++)
		if (fn != hostile && !memcmp(data + 6, MAC(fn), 6))
			return true;
	return false;
}

void net_drain(unsigned int fn)
{
	while (rx_get(&q[fn], &rx)) {
		MUST(!spoofed(rx.data));
		MUST(!net_port_vlan || !memcmp(rx.data + 6, mac_other, 6));
		refill(&q[fn]);
	}
	refill(&q[fn]);
}

void net_drain_wire(void)
{
	const uint8_t *data;
	unsigned int i;

	for (i = 0; i < h->wire_n; i++) {
		data = h->wire[i].data;
		MUST(net_port_vlan || !spoofed(data));
		if (net_port_vlan)
			MUST(svnic_get_be16(data + 12) == net_port_proto &&
			     svnic_get_be16(data + 14) == net_port_vlan);
		/* Only an 802.1ad tag may have a tag, of 802.1Q, behind it. */
		if (net_port_vlan && svnic_tagged(data + 4))
			MUST(net_port_proto == 0x88a8 &&
			     svnic_get_be16(data + 16) == 0x8100);
	}
	wire_clear();
}

void net_talk(unsigned int from, unsigned int to)
{
	static unsigned int turn;
	uint32_t len = 60 + turn++ % 1400;

	EQ(queue_status(&q[from]), SVNIC_QSTATUS_TX | SVNIC_QSTATUS_RX);
	EQ(queue_status(&q[to]), SVNIC_QSTATUS_TX | SVNIC_QSTATUS_RX);
	net_drain(to);
	run();
	net_drain(to);
	run();

	frame_eth(frame, MAC(to), MAC(from), TALK_PROTO, len);
	tx_frame(&q[from], frame, len, 0);
	run();
	EQ(tx_cons(&q[from]), q[from].tx_prod);
	CHECK(rx_get(&q[to], &rx));
	EQ(rx.len, len);
	CHECK(!memcmp(rx.data, frame, len));
	net_drain(to);
}
