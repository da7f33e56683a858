// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: the port to the wire. It splits large frames and completes
 * checksums, if the wire does not do that, and pads short frames.
 */
#include "svnic_core_packet.h"
#include "svnic_core_path.h"
#include "svnic_core_priv.h"
#include "svnic_core_turn.h"
#include "svnic_core_work.h"

#define SVNIC_WIRE_MIN		60	/* bytes, without FCS */

static enum svnic_wire_result svnic_wire_offer(struct svnic_core *core,
					       struct svnic_pkt *pkt)
{
	struct svnic_frame frame = { .data = pkt->data, .len = pkt->len };

	if (pkt->csum_partial && !core->config.wire_csum && !pkt->gso_size)
		svnic_csum_complete(pkt);
	if (pkt->csum_partial) {
		frame.csum_partial = true;
		frame.csum_start = pkt->csum_start;
		frame.csum_offset = pkt->csum_offset;
	}
	if (pkt->gso_size) {
		frame.gso_size = pkt->gso_size;
		frame.hdr_len = pkt->hdr_len;
		frame.l3_start = pkt->l3_start;
	}
	/* The buffer is large enough, and vports do not see the padding. */
	if (frame.len < SVNIC_WIRE_MIN) {
		memset(pkt->data + pkt->len, 0, SVNIC_WIRE_MIN - pkt->len);
		frame.len = SVNIC_WIRE_MIN;
	}
	core->wire_busy = !core->ops.wire_tx(core->host, &frame);
	if (core->wire_busy)
		return SVNIC_WIRE_BUSY;
	svnic_port_count(&core->port.tx, pkt);
	svnic_rate_wire(core, svnic_pkt_wire_len(pkt));
	return SVNIC_WIRE_SENT;
}

/*
 * Sends a frame of a vport, which is in a buffer of the core. @seg counts the
 * segments sent. If not everything was sent, the caller calls again later with
 * the same frame and @seg.
 */
enum svnic_wire_result svnic_wire_send(struct svnic_core *core,
				       struct svnic_pkt *pkt, uint32_t *seg)
{
	struct svnic_pkt one;
	uint32_t n;

	if (!core->link_up)
		return SVNIC_WIRE_SENT;
	if (!svnic_wire_open(core))
		return SVNIC_WIRE_BUSY;
	/* What is in a tunnel the host could not split. */
	if (!pkt->gso_size || (core->config.wire_gso && !pkt->outer_l3))
		return svnic_wire_offer(core, pkt);

	for (n = svnic_pkt_frames(pkt); *seg < n; ++*seg) {
		if (svnic_turn_spent(core))
			return SVNIC_WIRE_SPENT;
		svnic_segment(core, pkt, *seg, &one);
		if (svnic_wire_offer(core, &one))
			return SVNIC_WIRE_BUSY;
	}
	return SVNIC_WIRE_SENT;
}

/* Delivers a frame from the wire; false: not to all of its receivers yet. */
static bool svnic_wire_take(struct svnic_core *core, struct svnic_pkt *pkt)
{
	bool done;

	svnic_turn_begin(core);
	pkt->vlan = svnic_vlan_class(pkt->data, pkt->len);
	svnic_switch_find(core, NULL, pkt);
	done = svnic_switch_local(core, pkt, &core->wire_copy);
	if (core->dirty)
		svnic_work_received(core);
	return done;
}

/* Section 9.1: a frame, or its segments, are longer than any may be. */
static bool svnic_wire_long(const struct svnic_pkt *pkt)
{
	uint32_t len = pkt->gso_size ? pkt->hdr_len + pkt->gso_size : pkt->len;
	uint32_t max = SVNIC_FRAME_MAX;
	unsigned int i;

	for (i = 0; i < SVNIC_TAGS_MAX && len > max &&
	     svnic_tagged(pkt->data + i * SVNIC_VLAN_LEN); i++)
		max += SVNIC_VLAN_LEN;
	return len > max;
}

static void svnic_wire_count(struct svnic_core *core,
			     const struct svnic_pkt *pkt)
{
	if (pkt->len < SVNIC_FRAME_MIN)
		core->port.rx_short++;
	else if (pkt->len > SVNIC_FRAME_BUF)
		core->port.rx_long++;
	else if (svnic_wire_long(pkt))
		core->port.rx_long += svnic_pkt_frames(pkt);
	else
		svnic_port_count(&core->port.rx, pkt);
}

/*
 * A frame from the wire, in a buffer of the host. Invalid frames are dropped.
 * Returns false if the host must offer it again.
 */
bool svnic_wire_receive(struct svnic_core *core,
			const struct svnic_frame *frame)
{
	struct svnic_pkt pkt = {
		.data = (uint8_t *)frame->data,
		.len = frame->len,
		.source = SVNIC_RX_SOURCE_WIRE,
		.csum_partial = frame->csum_partial,
		.csum_start = frame->csum_start,
		.csum_offset = frame->csum_offset,
		.gso_size = frame->gso_size,
		.hdr_len = frame->hdr_len,
		.l3_start = frame->l3_start,
	};

	if (!core->link_up) {
		memset(&core->wire_copy, 0, sizeof(core->wire_copy));
		return true;
	}
	if (pkt.len < SVNIC_FRAME_MIN || pkt.len > SVNIC_FRAME_BUF) {
		svnic_wire_count(core, &pkt);
		return true;
	}
	if (pkt.gso_size) {
		if (!pkt.csum_partial || pkt.csum_offset != SVNIC_TCP_CSUM ||
		    pkt.gso_size < SVNIC_TSO_MSS_MIN ||
		    !svnic_parse_gso(core, &pkt))
			return true;
	} else if (pkt.csum_partial &&
		   (uint32_t)pkt.csum_start + pkt.csum_offset + 2 > pkt.len) {
		return true;
	}
	if (core->fn[0].s.enabled || svnic_fn_exists(core, 1)) {
		if (!svnic_wire_take(core, &pkt))
			return false;
	} else {
		memset(&core->wire_copy, 0, sizeof(core->wire_copy));
	}
	svnic_wire_count(core, &pkt);
	return true;
}
