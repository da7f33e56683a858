// SPDX-License-Identifier: GPL-2.0-or-later
/* A host of the core: memory with owners, a wire, a clock, injected faults */
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "test.h"

struct host *h;

static bool mem_ok(unsigned int fn, uint64_t addr, size_t len)
{
	uint64_t at = addr - MEM_BASE;
	size_t page;

	if (addr < MEM_BASE || at + len > MEM_SIZE)
		return false;
	for (page = at / 4096; page <= (at + len - 1) / 4096; page++) {
		if (h->owner[page] == fn + 1)
			continue;
		/*
		 * Memory of another function: no driver of these tests uses
		 * that.
		 */
		if (h->owner[page] && !h->lenient)
			h->violations++;
		return false;
	}
	return true;
}

/* An access takes time for its requests and for its bytes. */
static void mem_time(uint64_t addr, uint64_t len)
{
	uint64_t requests;

	if (!h->request_ns)
		return;
	requests = (addr % 4096 + len + 4095) / 4096;
	h->now += requests * h->request_ns + len * h->byte_ps / 1000;
}

static int host_dma_read(void *host, unsigned int fn, uint64_t addr, void *buf,
			 size_t len)
{
	(void)host;
	h->reads++;
	h->fn_reads[fn]++;
	mem_time(addr, len);
	CHECK(len > 0);
	if (h->spy)
		h->spy(h, fn, addr, len, false);
	if (h->fail_read && fn == h->fail_fn && !--h->fail_read)
		return -1;
	if (!mem_ok(fn, addr, len))
		return -1;
	/* Earlier writes become visible before this one. */
	atomic_thread_fence(memory_order_seq_cst);
	memcpy(buf, h->mem + (addr - MEM_BASE), len);
	return 0;
}

/*
 * The order within a write is not specified. If a test looks at memory, the
 * worst order is used: from the last word to the first.
 */
static void mem_write(uint8_t *to, const uint8_t *from, size_t len)
{
	size_t n;

	if (!h->amid) {
		memcpy(to, from, len);
		return;
	}
	for (; len; len -= n) {
		n = len % 4 ? len % 4 : 4;
		memcpy(to + len - n, from + len - n, n);
		h->amid(h);
	}
}

static bool host_may_write(unsigned int fn, uint64_t addr, size_t len)
{
	h->writes++;
	h->fn_writes[fn]++;
	mem_time(addr, len);
	CHECK(len > 0);
	if (h->spy)
		h->spy(h, fn, addr, len, true);
	if (h->fail_write && fn == h->fail_fn && !--h->fail_write)
		return false;
	if (!mem_ok(fn, addr, len))
		return false;
	atomic_thread_fence(memory_order_seq_cst);
	return true;
}

static int host_dma_write(void *host, unsigned int fn, uint64_t addr,
			  const void *buf, size_t len)
{
	(void)host;
	if (!host_may_write(fn, addr, len))
		return -1;
	mem_write(h->mem + (addr - MEM_BASE), buf, len);
	return 0;
}

static int host_dma_publish(void *host, unsigned int fn, uint64_t addr,
			    const void *buf, size_t len, size_t last)
{
	uint8_t *to = h->mem + (addr - MEM_BASE);
	const uint8_t *from = buf;
	size_t rest = last + 4;

	(void)host;
	CHECK(!((addr + last) % 4) && rest <= len);
	if (!host_may_write(fn, addr, len))
		return -1;
	mem_write(to + rest, from + rest, len - rest);
	mem_write(to, from, last);
	atomic_thread_fence(memory_order_seq_cst);
	mem_write(to + last, from + last, 4);
	return 0;
}

static void host_irq(void *host, unsigned int fn, unsigned int vector)
{
	(void)host;
	CHECK(fn < FNS_MAX && vector < 33);
	if (h->masked)
		h->pending[fn] |= 1ULL << vector;
	else
		h->irqs[fn][vector]++;
}

static void host_irq_clear(void *host, unsigned int fn, unsigned int first)
{
	(void)host;
	CHECK(fn < FNS_MAX && first <= 33);
	h->pending[fn] &= (1ULL << first) - 1;
}

static uint64_t host_now(void *host)
{
	struct timespec now;

	(void)host;
	if (!h || !h->realtime)
		return h ? h->now : 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void host_kick(void *host)
{
	(void)host;
	__atomic_fetch_add(&h->kicks, 1, __ATOMIC_RELAXED);
}

static void host_log(void *host, const char *msg)
{
	(void)host;
	CHECK(*msg);
	if (h)
		h->lines++;
}

static bool host_wire_tx(void *host, const struct svnic_frame *frame)
{
	struct wire_frame *w;

	(void)host;
	if (!h->wire_room)
		return false;
	h->wire_room--;
	CHECK(frame->len >= 60 && frame->len <= SVNIC_FRAME_BUF);
	if (h->wire_n == WIRE_MAX)
		wire_clear();
	w = &h->wire[h->wire_n++];
	w->f = *frame;
	w->data = malloc(frame->len);
	memcpy(w->data, frame->data, frame->len);
	w->f.data = w->data;
	return true;
}

struct svnic_core_config host_config(void)
{
	struct svnic_core_config config = {
		.vf_max = 8,
		.pf_queues = 4,
		.vf_queues = 4,
		.mac_filters = 64,
		.vlan_filters = 64,
		.flow_rules = 256,
		.rss_contexts = 16,
		.mac = { 2, 0, 0, 0, 0, 0 },
		.link_speed = 10000,
		.serial = "SN-0001",
	};

	return config;
}

void host_new(const struct svnic_core_config *config)
{
	static const struct svnic_host_ops ops = {
		.dma_read = host_dma_read,
		.dma_write = host_dma_write,
		.dma_publish = host_dma_publish,
		.irq = host_irq,
		.irq_clear = host_irq_clear,
		.now = host_now,
		.kick = host_kick,
		.wire_tx = host_wire_tx,
		.log = host_log,
	};

	host_free();
	h = calloc(1, sizeof(*h));
	h->config = config ? *config : host_config();
	h->mem = calloc(1, MEM_SIZE);
	h->owner = calloc(MEM_PAGES, sizeof(*h->owner));
	h->wire_room = ~0u;
	h->now = 1000000000;
	memset(evq, 0, sizeof(evq[0]) * FNS_MAX);
	memset(q, 0, sizeof(q[0]) * FNS_MAX);
	h->core = svnic_core_new(&h->config, &ops, h);
	CHECK(h->core);
	svnic_core_set_link(h->core, true);
}

void host_free(void)
{
	if (!h)
		return;
	svnic_core_free(h->core);
	wire_clear();
	free(h->owner);
	free(h->mem);
	free(h);
	h = NULL;
}

/* Whole pages, so that each page has one owner. */
uint64_t mem_alloc(unsigned int fn, size_t len)
{
	uint64_t addr = MEM_BASE + h->used;
	size_t i, pages = (len + 4095) / 4096;

	CHECK(h->used + pages * 4096 <= MEM_SIZE);
	for (i = 0; i < pages; i++)
		h->owner[h->used / 4096 + i] = fn + 1;
	h->used += pages * 4096;
	return addr;
}

void *mem_at(uint64_t addr)
{
	CHECK(addr >= MEM_BASE && addr < MEM_BASE + MEM_SIZE);
	return h->mem + (addr - MEM_BASE);
}

void run(void)
{
	unsigned int i;

	for (i = 0; i < 100000; i++)
		if (svnic_core_run(h->core) > h->now)
			return;
	CHECK(!"core comes to rest");
}

void advance(uint64_t usecs)
{
	uint64_t end = h->now + usecs * 1000, next;

	for (;;) {
		next = svnic_core_run(h->core);
		if (next > end)
			break;
		if (next > h->now)
			h->now = next;
	}
	h->now = end;
	run();
}

void wire_clear(void)
{
	while (h->wire_n)
		free(h->wire[--h->wire_n].data);
}

void wire_rx(const void *data, uint32_t len)
{
	struct svnic_frame frame = { .len = len };
	uint8_t *copy = malloc(len);
	unsigned int i;

	/*
	 * A buffer of exactly this size, for the sanitizer; it must not change.
	 */
	memcpy(copy, data, len);
	frame.data = copy;
	for (i = 0; !svnic_core_wire_rx(h->core, &frame); i++) {
		CHECK(i < 10000);
		svnic_core_run(h->core);
	}
	CHECK(!memcmp(copy, data, len));
	free(copy);
	run();
}

/* Sends the pending messages. */
void unmask(void)
{
	unsigned int fn;

	h->masked = false;
	for (fn = 0; fn < FNS_MAX; fn++) {
		for (; h->pending[fn]; h->pending[fn] &= h->pending[fn] - 1)
			h->irqs[fn][__builtin_ctzll(h->pending[fn])]++;
	}
}

unsigned int irqs_take(unsigned int fn, unsigned int vector)
{
	unsigned int n = h->irqs[fn][vector];

	h->irqs[fn][vector] = 0;
	return n;
}

uint32_t rd(unsigned int fn, uint32_t reg)
{
	return svnic_core_mmio_read(h->core, fn, reg, 4);
}

void wr(unsigned int fn, uint32_t reg, uint32_t val)
{
	if (!svnic_core_doorbell(h->core, fn, reg, val, 4))
		svnic_core_mmio_write(h->core, fn, reg, val, 4);
}

void wr64(unsigned int fn, uint32_t reg_lo, uint64_t val)
{
	wr(fn, reg_lo, (uint32_t)val);
	wr(fn, reg_lo + 4, val >> 32);
}
