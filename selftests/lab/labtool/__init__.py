# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab: boots Linux on an emulated SV-NIC, with KVM guests inside."""
