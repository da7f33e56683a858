/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of the reference NIC's core: a fake host, a small driver, and the
 * framework of the tests. A test is a function without arguments; a CHECK that
 * fails ends it. Pages of the fake host's memory belong to functions: any DMA
 * to memory of another function is a violation that fails the test.
 */
#ifndef TEST_H
#define TEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "svnic_core.h"

/* ---- Framework (main.c) ---- */

struct test {
	const char	*name;
	void		(*run)(void);
};

#define TEST(fn)	{ #fn, fn }

extern const struct test regs_tests[], queue_tests[], tx_tests[],
	tx_bad_tests[], rx_tests[], tso_tests[], tunnel_tests[],
	offload_tests[], rss_tests[], flow_tests[], flow_action_tests[],
	flow_cmd_tests[], port_tests[], switch_tests[], vlan_tests[],
	tags_tests[], event_tests[], irq_tests[], moderation_tests[],
	order_tests[], admin_tests[], filter_tests[], mbx_tests[],
	command_tests[], save_tests[], save_flow_tests[], reset_tests[],
	fault_tests[], stats_tests[], rate_tests[], rate_set_tests[],
	cost_tests[], stress_tests[];

void check_failed(const char *file, int line, const char *what)
	__attribute__((noreturn));
void check_differ(const char *file, int line, const char *what,
		  unsigned long long got, unsigned long long want)
	__attribute__((noreturn));

#define CHECK(cond) do {						\
	if (!(cond))							\
		check_failed(__FILE__, __LINE__, #cond);		\
} while (0)

#define EQ(got, want) do {						\
	unsigned long long got_ = (got), want_ = (want);		\
	if (got_ != want_)						\
		check_differ(__FILE__, __LINE__, #got, got_, want_);	\
} while (0)

/* NEAR: at most so many percent, plus @slack, from @want */
#define NEAR(got, want, percent, slack) do {				\
	double got_ = (got), want_ = (want), by_ = (slack);		\
	by_ += want_ * (percent) / 100;					\
	if (got_ < want_ - by_ || got_ > want_ + by_)			\
		check_differ(__FILE__, __LINE__, #got, got_, want_);	\
} while (0)

#define LEAST(got, want) do {						\
	double got_ = (got), want_ = (want);				\
	if (got_ < want_)						\
		check_differ(__FILE__, __LINE__, #got, got_, want_);	\
} while (0)

/* ---- Host (host.c) ---- */

#define MEM_BASE	0x100000ULL	/* bus address of the first byte */
#define MEM_SIZE	(256u << 20)
#define MEM_PAGES	(MEM_SIZE / 4096)
#define FNS_MAX		249
#define WIRE_MAX	4096

struct wire_frame {
	struct svnic_frame	f;
	uint8_t			*data;
};

struct host {
	struct svnic_core		*core;
	struct svnic_core_config	config;
	uint8_t				*mem;
	uint16_t			*owner;	/* by page: 1 + fn, 0 unmapped */
	size_t				used;
	uint64_t			now;
	unsigned int			kicks;
	_Atomic unsigned int		irqs[FNS_MAX][33];
	bool				masked;	/* all vectors: they pend */
	uint64_t			pending[FNS_MAX];
	unsigned int			lines;	/* logged */
	unsigned int			violations;
	bool				lenient; /* wrong DMA just fails */
	bool				realtime; /* not @now, but time */
	unsigned int			request_ns; /* time of an access */
	unsigned int			byte_ps;

	/* fault injection: DMA number so and so fails; counts down */
	int				fail_read;
	int				fail_write;
	unsigned int			fail_fn;

	struct wire_frame		wire[WIRE_MAX];
	unsigned int			wire_n;
	unsigned int			wire_room; /* frames it takes */

	/*
	 * called before each access, for tests that do something between
	 * accesses
	 */
	void				(*spy)(struct host *h, unsigned int fn,
					       uint64_t addr, size_t len,
					       bool write);
	/*
	 * called in the middle of a write, since a driver may look at any time
	 */
	void				(*amid)(struct host *h);
	unsigned int			reads, writes;
	unsigned int			fn_reads[FNS_MAX], fn_writes[FNS_MAX];
};

extern struct host *h;		/* of the test that runs */

struct svnic_core_config host_config(void);
void host_new(const struct svnic_core_config *config);
void host_free(void);
uint64_t mem_alloc(unsigned int fn, size_t len);
void *mem_at(uint64_t addr);
void run(void);			/* until there is nothing to do right now */
void advance(uint64_t usecs);	/* the clock, running what is due */
void wire_clear(void);
void wire_rx(const void *data, uint32_t len);
void unmask(void);
unsigned int irqs_take(unsigned int fn, unsigned int vector);

uint32_t rd(unsigned int fn, uint32_t reg);
void wr(unsigned int fn, uint32_t reg, uint32_t val);
void wr64(unsigned int fn, uint32_t reg_lo, uint64_t val);

/* ---- Driver (drv.c) ---- */

#define ALL_FEATURES(fn) (SVNIC_F_EVENT_IDX | SVNIC_F_TX_CSUM |		\
	SVNIC_F_RX_CSUM | SVNIC_F_TSO | SVNIC_F_RX_COALESCE |		\
	SVNIC_F_RSS | SVNIC_F_VLAN_INSERT | SVNIC_F_VLAN_STRIP |	\
	SVNIC_F_MODERATION | SVNIC_F_PCIE_STATS | SVNIC_F_TX_INLINE |	\
	SVNIC_F_COMMAND | SVNIC_F_RX_CMPL32 | SVNIC_F_TSO_TUNNEL |	\
	SVNIC_F_FLOW |							\
	((fn) ? SVNIC_F_MAILBOX : SVNIC_F_ADMIN | SVNIC_F_RATE))

#define EVQ_SIZE	64

struct tcp_frame;

struct events {
	uint64_t	addr;
	uint32_t	size;
	uint32_t	cons;
};

struct queue {
	unsigned int	fn;
	unsigned int	index;
	uint32_t	tx_size;
	uint32_t	rx_size;
	uint32_t	buf_size;
	uint32_t	vector;
	uint32_t	rx_fmt;
	uint32_t	tx_start;
	uint32_t	rx_start;
	uint64_t	tx;
	uint64_t	rx;
	uint64_t	cmpl;
	uint64_t	state;
	uint64_t	bufs;
	uint64_t	txbuf;
	uint32_t	tx_prod;
	uint32_t	rx_prod;
	uint32_t	rx_cons;
	bool		events;		/* EVENT_IDX */
};

struct rxframe {
	uint8_t			data[70000];
	uint32_t		len;
	uint32_t		bufs;
	struct svnic_rx_cmpl32	first;	/* zero what 16 bytes do not tell */
	uint32_t		info;
};

extern struct events evq[FNS_MAX];

/* fn_up: features accepted, ENABLED, event ring; PF: admin, mailbox ring */
void fn_up(unsigned int fn, uint64_t features);
void evq_start(unsigned int fn, uint32_t size);
bool event_get(unsigned int fn, struct svnic_event *event);
void event_cons(unsigned int fn);
unsigned int events_drain(unsigned int fn);

void admin_start(void);
struct svnic_cmd admin_cmd(uint16_t opcode, uint16_t vport);
void admin_post(const struct svnic_cmd *cmd);
enum svnic_error admin(struct svnic_cmd *cmd);
enum svnic_error vport_set(unsigned int vport, const struct svnic_vport_cfg *c);
enum svnic_error vport_flags(unsigned int vport, uint32_t flags,
			     uint32_t mask);
enum svnic_error vport_mac(unsigned int vport, const uint8_t *mac);
enum svnic_error vport_vlan(unsigned int vport, uint16_t tci, uint16_t proto);
enum svnic_error vport_link(unsigned int vport, uint8_t link);
enum svnic_error vport_frame_max(unsigned int vport, uint16_t max);
enum svnic_error vport_grant(unsigned int vport, uint16_t queues,
			     uint16_t vectors, uint16_t macs, uint16_t vids);
enum svnic_error vport_enable(unsigned int vport, uint32_t seq);
enum svnic_error vport_disable(unsigned int vport);
enum svnic_error vport_rate(unsigned int vport,
			    const struct svnic_vport_rate *rate);
struct svnic_vport_rate vport_rate_get(unsigned int vport);
enum svnic_error vport_filter(unsigned int vport, const uint8_t *mac, bool add);
/* Filters for VLANs: of 802.1Q, of 802.1ad */
enum svnic_error vport_vid(unsigned int vport, uint16_t vid, bool add);
enum svnic_error vport_svid(unsigned int vport, uint16_t vid, bool add);
struct svnic_vport_info vport_info(unsigned int vport);

/* vfs_up: NumVFs, vports with address MAC(fn), BCAST and grants, READY */
void vfs_up(unsigned int n);
/* net_up: PF and n VFs with queue 0 of each running; q[fn] */
void net_up(unsigned int n, uint64_t without);
extern struct queue q[FNS_MAX];

void queue_alloc(struct queue *q, unsigned int fn, unsigned int index);
void queue_config(struct queue *q);
/* queue_start: stop, config, both halves, must succeed */
void queue_start(struct queue *q);
void queue_zero(struct queue *q);
uint32_t queue_status(const struct queue *q);
enum svnic_error queue_error(const struct queue *q, bool rx);
struct svnic_queue_state *queue_state(const struct queue *q);
void queue_post(struct queue *q, uint32_t n);
void rss_start(unsigned int fn);
void tx_put(struct queue *q, const void *desc);
struct svnic_tx_desc tx_piece(struct queue *q, const void *data, uint32_t len,
			      uint16_t flags);
void tx_put_piece(struct queue *q, const void *data, uint32_t len,
		  uint16_t flags);
struct svnic_tx_desc tx_inline(uint32_t len, uint16_t flags);
/* tx_put_inline: the frame follows in the ring, with bytes of no use */
void tx_put_inline(struct queue *q, const struct svnic_tx_desc *desc,
		   const void *data);
uint64_t tx_room(struct queue *q, const void *data, uint32_t len);
void tx_ring(struct queue *q);
void tx_frame(struct queue *q, const void *data, uint32_t len, uint16_t flags);
void tx_tso(struct queue *q, const struct tcp_frame *frame, uint16_t mss);
uint32_t tx_cons(const struct queue *q);
bool rx_get(struct queue *q, struct rxframe *f);
unsigned int rx_drain(struct queue *q);
/* rx_frames: so many frames of 100 bytes from the wire */
void rx_frames(unsigned int fn, unsigned int n);
uint64_t stat(unsigned int fn, size_t offset);
#define STAT(fn, name)	stat(fn, offsetof(struct svnic_fn_stats, name))

/* ---- Floods (flood.c) ---- */

#define MBIT		125000ULL	/* bytes per second */
#define LINK		200		/* Mb/s, of tests in which it is full */

/* Frames of a ring: 64 bytes, 1514, or TSO of 62772 on the wire */
enum kind { SMALL, COMMON, LARGE };

extern unsigned int late;	/* ns, by which the device is called too late */
extern uint64_t sent[9], total;	/* bytes, by measure() */

/* A PF and @n VFs on a link of @speed Mb/s */
void link_up(unsigned int speed, unsigned int n);
enum svnic_error rate(unsigned int vport, uint64_t share, uint64_t max,
		      uint32_t weight, uint8_t priority);
void queue_restart(struct queue *p);
void load(struct queue *p, const uint8_t *dst, uint32_t len);
void load_tso(struct queue *p, const uint8_t *dst, uint32_t payload);
void load_kind(struct queue *p, enum kind kind);
void fill(struct queue *p);
/* The vports of @mask have full rings for this time; measure: what they sent */
void flood(uint32_t mask, uint64_t usecs);
void measure(uint32_t mask, uint64_t usecs);

/* ---- Frames (frames.c) ---- */

#define MAC(fn)	((const uint8_t []){ 2, 0, 0, 0, 0, (fn) })
extern const uint8_t mac_bcast[6], mac_mcast[6], mac_other[6];

uint32_t frame_eth(uint8_t *p, const uint8_t *dst, const uint8_t *src,
		   uint16_t proto, uint32_t len);
uint32_t frame_vlan(uint8_t *p, uint32_t len, uint16_t proto, uint16_t tci);

struct tcp_args {
	bool		v6;
	bool		udp;
	uint32_t	payload;
	uint32_t	opts;		/* bytes of TCP options */
	uint32_t	ext;		/* bytes of IPv6 destination options */
	uint32_t	ip_opts;	/* bytes of IPv4 options */
	uint16_t	sport, dport;
	uint32_t	seq;
	uint16_t	id;
	uint8_t		flags;
	uint8_t		src, dst;	/* last byte of the addresses */
	const uint8_t	*smac, *dmac;
};

struct tcp_frame {
	uint8_t		data[66000];
	uint32_t	len;
	uint32_t	l3, l4, hdr_len;
};

/* Complete and right; partial: the field has the pseudo header's sum. */
void frame_l4(struct tcp_frame *f, const struct tcp_args *a, bool partial);

/* Reference implementations, as simple as possible. */
uint16_t ref_csum(const uint8_t *p, uint32_t len, uint32_t sum);
uint32_t ref_pseudo(const uint8_t *ip, uint8_t proto, uint32_t l4_len);
bool ref_l4_ok(const uint8_t *data, uint32_t l3, uint32_t l4, uint32_t len,
	       uint8_t proto);
bool ref_ip_ok(const uint8_t *ip);
uint32_t ref_toeplitz(const uint8_t *key, const uint8_t *in, uint32_t len);
uint32_t ref_segment(const struct tcp_frame *f, uint32_t mss, uint32_t index,
		     uint8_t *out);
uint32_t rnd(void);
void rnd_seed(uint64_t seed);

#endif /* TEST_H */
