/** Texts of the handling of incidents: states, the buttons of steps, and the lines of the log. */

import type { HandlingState, IncidentHandling, LoggedStep, Step } from "./api/schema";
import { type TextKey, t } from "./i18n";

const STATES: Record<HandlingState, TextKey> = {
  new: "stateNew",
  acknowledged: "stateAcknowledged",
  assigned: "stateAssigned",
  verified: "stateVerified",
  dispatched: "stateDispatched",
  cleared: "stateCleared",
  rejected: "stateRejected",
  merged: "stateMerged",
};

/** Buttons in the order in which they are shown: first the usual way of an incident. */
export const STEP_BUTTONS: Record<Step, TextKey> = {
  acknowledged: "stepAcknowledge",
  verified: "stepVerify",
  dispatched: "stepDispatch",
  cleared: "stepClear",
  reopened: "stepReopen",
  assigned: "stepAssign",
  rejected: "stepReject",
  merged: "stepMerge",
  noted: "stepNote",
};

const LOGGED: Record<Step, TextKey> = {
  acknowledged: "logAcknowledged",
  assigned: "logAssigned",
  verified: "logVerified",
  dispatched: "logDispatched",
  cleared: "logCleared",
  rejected: "logRejected",
  reopened: "logReopened",
  merged: "logMerged",
  noted: "logNoted",
};

/** State of the handling, and the person or unit. */
export function handlingText({ state, assignee }: IncidentHandling): string {
  return assignee === null ? t(STATES[state]) : `${t(STATES[state])} · ${t("assignedTo", { name: assignee })}`;
}

/** What was done. */
export function loggedText({ step, assignee }: LoggedStep): string {
  return t(LOGGED[step], { name: assignee ?? "" });
}
