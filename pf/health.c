// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: VFs that misbehave are stopped, reported to the administrator by a
 * devlink health reporter, and released again.
 */
#include "svnic.h"

/* Reasons for which a VF can be stopped. */
static const char * const svnic_offence_names[SVNIC_OFFENCES] = {
	[SVNIC_OFFENCE_NONE]		= "none",
	[SVNIC_OFFENCE_MALFORMED]	= "malformed messages",
	[SVNIC_OFFENCE_QUEUE]		= "stopped queues",
};

/*
 * Stop a VF until it is reset and its pause is over, or until the administrator
 * releases it. If this fails it is retried with the next offence. The VF is
 * locked.
 */
static void svnic_vf_quarantine(struct svnic_vf *vf, enum svnic_offence offence)
{
	struct svnic_pf *pf = vf->vport.pf;

	if (svnic_vport_disable(&vf->vport))
		return;
	svnic_guard_stop(&vf->guard, ktime_get_ns());
	vf->quarantined = true;
	vf->ready = false;
	vf->offence = offence;
	vf->counters.quarantines++;
	if (net_ratelimit())
		netdev_warn(pf->fn->netdev, "VF %u: stopped, too many %s\n",
			    vf->id, svnic_offence_names[offence]);
	schedule_work(&pf->health_work);
}

/**
 * svnic_vf_offence - count offences of a VF, and stop it if there are too many
 * @vf: the VF, locked
 * @offence: kind of offence
 * @count: number of offences
 *
 * Context: process, sleeps.
 */
void svnic_vf_offence(struct svnic_vf *vf, enum svnic_offence offence,
		      unsigned int count)
{
	vf->counters.offences[offence] += count;
	if (!vf->quarantined &&
	    svnic_guard_offence(&vf->guard, offence, count, ktime_get_ns()))
		svnic_vf_quarantine(vf, offence);
}

/**
 * svnic_vf_unquarantine - a VF was made ready: it is not stopped any more
 * @vf: the VF, locked
 */
void svnic_vf_unquarantine(struct svnic_vf *vf)
{
	if (!vf->quarantined)
		return;
	vf->quarantined = false;
	vf->reported = false;
	schedule_work(&vf->vport.pf->health_work);
}

/* Make a VF ready, and ask its driver to reset it: its queues were stopped. */
static int svnic_vf_release(struct svnic_vf *vf)
{
	bool stopped;
	int err;

	mutex_lock(&vf->lock);
	svnic_guard_clear(&vf->guard);
	stopped = vf->quarantined;
	mutex_unlock(&vf->lock);
	if (!stopped)
		return 0;
	err = svnic_vf_revive(vf);
	if (!err)
		svnic_vport_notify(&vf->vport, SVNIC_NOTIFY_RESET);
	return err;
}

/*
 * devlink calls this also after a report, with @priv_ctx. VFs are released only
 * when the administrator asks for it.
 */
static int svnic_health_recover(struct devlink_health_reporter *reporter,
				void *priv_ctx, struct netlink_ext_ack *extack)
{
	struct svnic_pf *pf = devlink_health_reporter_priv(reporter);
	unsigned int vf_id;
	int err;

	if (priv_ctx)
		return -EBUSY;
	for (vf_id = 0; vf_id < pf->num_vfs; vf_id++) {
		err = svnic_vf_release(&pf->vfs[vf_id]);
		if (err) {
			NL_SET_ERR_MSG_FMT(extack, "VF %u stays stopped",
					   vf_id);
			return err;
		}
	}
	return 0;
}

static void svnic_health_put(struct svnic_vf *vf, struct devlink_fmsg *fmsg)
{
	const u32 *offences = vf->counters.offences;
	u64 pause;

	devlink_fmsg_obj_nest_start(fmsg);
	devlink_fmsg_u32_pair_put(fmsg, "vf", vf->id);
	mutex_lock(&vf->lock);
	devlink_fmsg_bool_pair_put(fmsg, "stopped", vf->quarantined);
	devlink_fmsg_string_pair_put(fmsg, "reason",
				     svnic_offence_names[vf->offence]);
	pause = svnic_guard_pause(&vf->guard, ktime_get_ns());
	devlink_fmsg_u32_pair_put(fmsg, "pause",
				  DIV_ROUND_UP_ULL(pause, NSEC_PER_SEC));
	devlink_fmsg_u32_pair_put(fmsg, "times_stopped",
				  vf->counters.quarantines);
	devlink_fmsg_u32_pair_put(fmsg, "malformed",
				  offences[SVNIC_OFFENCE_MALFORMED]);
	devlink_fmsg_u32_pair_put(fmsg, "forbidden",
				  offences[SVNIC_OFFENCE_FORBIDDEN]);
	devlink_fmsg_u32_pair_put(fmsg, "queues_stopped",
				  offences[SVNIC_OFFENCE_QUEUE]);
	devlink_fmsg_u32_pair_put(fmsg, "otherwise_refused",
				  offences[SVNIC_OFFENCE_NONE]);
	devlink_fmsg_u32_pair_put(fmsg, "deferred", vf->counters.deferred);
	mutex_unlock(&vf->lock);
	devlink_fmsg_obj_nest_end(fmsg);
}

static bool svnic_vf_is_noteworthy(struct svnic_vf *vf)
{
	bool noteworthy;

	mutex_lock(&vf->lock);
	noteworthy = memchr_inv(&vf->counters, 0, sizeof(vf->counters));
	mutex_unlock(&vf->lock);
	return noteworthy;
}

/* Put all VFs with counters into the message, or just one VF. */
static void svnic_health_fill(struct svnic_pf *pf, const unsigned int *culprit,
			      struct devlink_fmsg *fmsg)
{
	unsigned int vf_id;

	devlink_fmsg_arr_pair_nest_start(fmsg, "VFs");
	for (vf_id = 0; vf_id < pf->num_vfs; vf_id++)
		if (culprit ? vf_id == *culprit :
			      svnic_vf_is_noteworthy(&pf->vfs[vf_id]))
			svnic_health_put(&pf->vfs[vf_id], fmsg);
	devlink_fmsg_arr_pair_nest_end(fmsg);
}

static int svnic_health_dump(struct devlink_health_reporter *reporter,
			     struct devlink_fmsg *fmsg, void *priv_ctx,
			     struct netlink_ext_ack *extack)
{
	svnic_health_fill(devlink_health_reporter_priv(reporter), priv_ctx,
			  fmsg);
	return 0;
}

static int svnic_health_diagnose(struct devlink_health_reporter *reporter,
				 struct devlink_fmsg *fmsg,
				 struct netlink_ext_ack *extack)
{
	svnic_health_fill(devlink_health_reporter_priv(reporter), NULL, fmsg);
	return 0;
}

static const struct devlink_health_reporter_ops svnic_health_ops = {
	.name		= "vf",
	.recover	= svnic_health_recover,
	.dump		= svnic_health_dump,
	.diagnose	= svnic_health_diagnose,
};

/* Find a VF whose stop was not reported yet; its number, or -ENOENT. */
static int svnic_health_next(struct svnic_pf *pf, bool *healthy,
			     const char **reason)
{
	struct devlink *devlink = priv_to_devlink(pf);
	int culprit = -ENOENT;
	struct svnic_vf *vf;
	unsigned int vf_id;

	*healthy = true;
	devl_lock(devlink);
	for (vf_id = 0; vf_id < pf->num_vfs && culprit < 0; vf_id++) {
		vf = &pf->vfs[vf_id];
		mutex_lock(&vf->lock);
		if (vf->quarantined)
			*healthy = false;
		if (vf->quarantined && !vf->reported) {
			vf->reported = true;
			*reason = svnic_offence_names[vf->offence];
			culprit = vf_id;
		}
		mutex_unlock(&vf->lock);
	}
	devl_unlock(devlink);
	return culprit;
}

static void svnic_health_work(struct work_struct *work)
{
	const enum devlink_health_reporter_state good =
		DEVLINK_HEALTH_REPORTER_STATE_HEALTHY;
	struct svnic_pf *pf = container_of(work, struct svnic_pf, health_work);
	const char *reason;
	unsigned int vf_id;
	char msg[64];
	bool healthy;
	int culprit;

	for (;;) {
		culprit = svnic_health_next(pf, &healthy, &reason);
		if (culprit < 0)
			break;
		vf_id = culprit;
		snprintf(msg, sizeof(msg), "VF %u is stopped: %s", vf_id,
			 reason);
		/* Takes the devlink lock. */
		devlink_health_report(pf->reporter, msg, &vf_id);
	}
	if (healthy)
		devlink_health_reporter_state_update(pf->reporter, good);
}

/**
 * svnic_health_init - create the reporter; its work is not enabled yet
 * @pf: physical function
 *
 * Context: process, devlink lock held.
 * Return: 0 or -errno.
 */
int svnic_health_init(struct svnic_pf *pf)
{
	INIT_WORK(&pf->health_work, svnic_health_work);
	disable_work(&pf->health_work);
	pf->reporter = devl_health_reporter_create(priv_to_devlink(pf),
						   &svnic_health_ops, pf);
	return PTR_ERR_OR_ZERO(pf->reporter);
}

/**
 * svnic_health_exit - opposite of svnic_health_init()
 * @pf: physical function, its health work disabled
 *
 * Context: process, devlink lock held.
 */
void svnic_health_exit(struct svnic_pf *pf)
{
	devl_health_reporter_destroy(pf->reporter);
}
