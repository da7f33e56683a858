/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section 5.8: commands for flow rules and RSS contexts, and frames for them */
#ifndef FLOWS_H
#define FLOWS_H

#include "svnic_core_state.h"
#include "test.h"

/* ---- Commands (flows.c) ---- */

void own_start(unsigned int fn);
uint64_t own_data(unsigned int fn);	/* data buffer of its commands */
enum svnic_error own_cmd(unsigned int fn, struct svnic_cmd *cmd);
struct svnic_cmd flow_cmd(unsigned int fn, uint16_t index,
			  const struct svnic_flow_rule *rule);
enum svnic_error flow_set(unsigned int fn, uint16_t index,
			  const struct svnic_flow_rule *rule);
enum svnic_error flow_del(unsigned int fn, uint16_t index);
struct svnic_cmd ctx_cmd(unsigned int fn, uint16_t context,
			 const struct svnic_rss_state *s);
enum svnic_error ctx_set(unsigned int fn, uint16_t context,
			 const struct svnic_rss_state *s);
enum svnic_error ctx_del(unsigned int fn, uint16_t context);
struct svnic_rss_state ctx_to(uint8_t pair);
struct svnic_flow_rule flow_to(enum svnic_flow_type type, uint16_t a,
			       uint32_t b);
enum svnic_error flow_grant(unsigned int vf, uint16_t rules, uint16_t contexts);
void flow_restart(unsigned int fn, struct queue *pair, unsigned int n);
/* flow_up: a VF of net_up() gets rules and contexts, and @n pairs run */
void flow_up(unsigned int fn, uint16_t rules, uint16_t contexts,
	     struct queue *pair, unsigned int n);

/* ---- Frames (flow_frames.c) ---- */

#define FLOW_PAIRS	4
#define FLOW_NOWHERE	FLOW_PAIRS
#define FLOW_RULES	48	/* granted */
#define FLOW_CTXS	4

enum flow_kind {
	OTHER, SHORT, TCP4, UDP4, GRE4, FIRST4, LATER4, OPTS4, BAD_IP4,
	BAD_TCP4, TCP6, UDP6, ICMP6, FRAG6, EXT6, BAD_IP6, KINDS
};

enum flow_tags { NO_TAG, TAG, AD_TAG, TWO_TAGS, TAGS };

/* A field of struct svnic_flow_key */
struct flow_field {
	uint8_t	at;
	uint8_t	len;
};

#define FLOW_FIELDS	10

extern const struct flow_field flow_fields[FLOW_FIELDS];
extern struct queue flow_pair[FLOW_PAIRS];	/* of VF 1 */
extern struct tcp_frame flow_f;
extern struct svnic_flow_key flow_want;		/* the fields of flow_f */
extern struct rxframe flow_r;			/* as it was received */

/* VF 1 gets all frames of the wire. */
void flow_setup(void);
void flow_put16(__be16 *to, uint16_t val);
void *flow_field(struct svnic_flow_key *key, unsigned int i);
/* A frame with random fields, and what the fields are */
void flow_make(enum flow_kind kind, enum flow_tags tags, uint64_t seed);
/* The pair that has got a frame, or FLOW_NOWHERE; there must not be two. */
unsigned int flow_got(void);
unsigned int flow_send(void);
/* A rule that flow_f matches */
struct svnic_flow_rule flow_for(const struct svnic_flow_key *mask,
				struct svnic_flow_rule rule);
/* Makes the key wrong in one of the bits that are compared. */
void flow_spoil(struct svnic_flow_rule *rule);

#endif /* FLOWS_H */
