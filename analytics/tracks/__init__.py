"""Trajectories of road users and their kinematics."""
