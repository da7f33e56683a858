/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: the path of a frame, from a transmit queue
 * (tx.c) or the wire (wire.c) through the switch (switch.c) to the receive
 * queue of a vport (rx.c, rss.c), or to the wire.
 */
#ifndef SVNIC_CORE_PATH_H
#define SVNIC_CORE_PATH_H

#include "svnic_core_packet.h"

struct svnic_core;
struct svnic_fn;
struct svnic_qp;
struct svnic_rss_lut;
struct svnic_rss_state;

enum svnic_wire_result {
	SVNIC_WIRE_SENT,
	SVNIC_WIRE_BUSY,
	SVNIC_WIRE_SPENT,	/* the turn has to end */
};

/* tx.c */
void svnic_tx_turn(struct svnic_core *core, struct svnic_qp *qp);

/* wire.c */
bool svnic_wire_receive(struct svnic_core *core,
			const struct svnic_frame *frame);
enum svnic_wire_result svnic_wire_send(struct svnic_core *core,
				       struct svnic_pkt *pkt, uint32_t *seg);

/* switch.c */
void svnic_switch_find(struct svnic_core *core, struct svnic_fn *from,
		       const struct svnic_pkt *pkt);
bool svnic_switch_wants_wire(const struct svnic_core *core,
			     const struct svnic_pkt *pkt);
bool svnic_switch_local(struct svnic_core *core, struct svnic_pkt *pkt,
			struct svnic_copy *copy);
bool svnic_switch_source_ok(struct svnic_core *core, const struct svnic_fn *fn,
			    const uint8_t *mac);

/* rx.c */
bool svnic_rx_takes_whole(const struct svnic_fn *fn,
			  const struct svnic_pkt *pkt);
void svnic_rx_vport(struct svnic_core *core, struct svnic_fn *fn,
		    struct svnic_pkt *pkt);
void svnic_rx_flush(struct svnic_core *core, struct svnic_qp *qp);
void svnic_rx_flush_all(struct svnic_core *core);

/* rss.c */
uint32_t svnic_rss_hash(const struct svnic_rss_state *rss,
			struct svnic_rss_lut *lut, const struct svnic_pkt *pkt,
			enum svnic_ptype *type);

#endif /* SVNIC_CORE_PATH_H */
