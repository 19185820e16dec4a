/**
 * For each machine that is wrong on purpose a short history that finds it out (found by chance, then made shorter), and that breaks no
 * law with the real one. What a history leaves undone happens in the quiet that follows it.
 */
const JOINED = 'wait 10, deliver, deliver, deliver, deliver, deliver';
const LED_BY_THE_OTHER = 'kill, takeover';

export const found: Record<string, string> = {
  'no holding: a slot is swapped on the active first': 'wish 0 1, talk 0',
  'no holding: a slot is swapped on the standby first': 'wish 0 1, talk 0',
  'a held packet goes on before the acknowledgement': `${JOINED}, wish 0 1, talk 0`,
  // The first datagram of the snapshot is lost, and the second is not.
  'records are applied as they come, in any order': 'wait 10, deliver, lose',
  'half-open connections are not walked': 'talk 0, wish 0 1',
  // The packet has read the slot, and lands after the walk.
  'no barrier': 'talk 0, wish 0 1, walk',
  // Its connection is over and the slot is another's; the same ports are used again, and the standby has the old exception.
  'new flows are placed by slots, whatever exceptions say':
    'talk 0, program, wish 0 1, walk, walk, walk, wait 1150, talk 0',
  // The same, while the exception goes: the packet has read it.
  'an exception is deleted in one step': 'talk 0, program, wish 0 1, walk, wait 1150, talk 0, review',
  'slots of a server that is gone are swapped before the acknowledgement': `${JOINED}, die 0, notice, talk 0, program`,
  // Idle since before the takeover.
  'no grace after a takeover': `talk 0, program, ${LED_BY_THE_OTHER}, wait 110, wish 0 1`,
  // Placed by the first node, over, and placed by the second; then the first leads again.
  'a node that joins keeps its connections': `talk 4, program, ${LED_BY_THE_OTHER}, die 2, notice, return, ${JOINED}, kill, takeover`,
  'in step from the attachment on': 'wait 10, die 0, notice, talk 0, program, deliver, powerLoss',
  'records of every session are applied': `wait 10, twice, ${LED_BY_THE_OTHER}, return, wait 10, die 0`,
  // It begins while its slot is not held, between two wishes.
  'the walk of a withdrawn change counts': 'wish 2 0, wish 2 2, talk 4, wish 2 0',
  'connections are walked before half-open ones': 'talk 0, program, wish 0 1, walk, talk 0',
  // A frame in the ring since the first change, a packet that was read between the two, and the second change.
  // The exception is logged after the one look-up, and the change is given up before the other.
  'exceptions are looked up before slots': `${JOINED}, wish 0 1, talk 0, program, slow 0, frame, wish 0 0, program, program`,
  'a barrier does not wait for frames in the ring': 'wish 0 1, walk, walk, talk 0, walk, program, talk 0, wish 0 0',
  'a silent standby is waited for': `${JOINED}, wish 0 1, talk 0, program, frame, wait 110`,
  'exceptions are never deleted': 'talk 0, wish 0 1, program, walk, wait 1150',
  'a walk that waits for acknowledgements never goes on': 'wish 0 1',
  'a walk never ends': 'wish 0 1',
  'a slot is marked again before what was held has been decided':
    'wish 2 0, talk 4, program, wish 2 2, talk 4, wish 2 0',
  'wishes count at once after a restart, though frames are in the ring':
    'wish 1 0, kill, talk 3, restart, program, talk 3, wait 110, wish 1 0',
  'a node that takes over goes by what it thought of servers before': `${JOINED}, die 0, noticeOther, revive 0, talk 0, program, ${LED_BY_THE_OTHER}`,
  'an exception that nobody needs is deleted without a barrier':
    'wish 0 1, talk 3, last 0, revive 0, frame, wait 1150, wish 1 0, review, again 0, again 3, die 0, notice, wait 10, wish 0 2, talk 0, frame, review',
  'a server that is back has the number of before': 'talk 0, die 0, notice, revive 0',
  'where the server of an exception is gone its flow goes where the slot says':
    'talk 0, program, wish 0 1, walk, die 0, notice, talk 0',
  'planned changes at once after a takeover': `talk 0, program, ${LED_BY_THE_OTHER}, wish 0 1, again 0`,
  'grace ends an idle time-out after the takeover, though the old active forwarded on': `${JOINED}, ${LED_BY_THE_OTHER}, talk 0 old, wish 0 1`,
};

/** Histories in which the engine itself was once wrong, or would be with a line less: what it does right. */
export const corners: Record<string, string> = {
  'a slot that is unmarked twice rests until the second barrier':
    'wait 10, deliver, deliver, deliver, wish 2 0, last 5, wish 2 2, deliver 1, die 2, notice, last 4, wait 50, wish 2 1, talk 4',
  'a standby that has nothing to acknowledge finds out that its session has ended':
    'die 2, wait 10, deliver, deliver, lose, deliver, deliver, notice, die 0, deliver',
  'a slot that is given up in the midst of its walk is walked again':
    'talk 0, program, wish 0 1, walk, wish 0 0, talk 2, program, wish 0 1, walk, walk',
  'no log has the name of an earlier one':
    'wait 1, restartStandby, wait 110, deliver 1, wish 0 0, deliver 1, die 0, deliver',
  'what an earlier daemon held is decided before anything is marked':
    'wish 1 0, kill, last 3, restart, program, last 3, wait 110, wish 1 0',
};
