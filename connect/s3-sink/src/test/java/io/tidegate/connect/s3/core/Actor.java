package io.tidegate.connect.s3.core;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * One task's calls on a thread of their own, which runs only while it holds the baton.
 *
 * <p>The scheduler hands the baton over and waits to get it back: at any time exactly one thread
 * runs, so a history is the same each time it is played.
 */
final class Actor {
    /** Thrown where a task was killed; nothing in the sink catches it. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    private static final ExecutorService THREADS = Executors.newCachedThreadPool(run -> {
        Thread thread = new Thread(run, "task");
        thread.setDaemon(true);
        return thread;
    });

    private final Semaphore turn = new Semaphore(0);
    private final Semaphore scheduler = new Semaphore(0);
    private boolean suspended;
    private boolean killed;
    private Throwable failure;

    /** Runs the action until it ends or suspends itself; its failure is thrown here. */
    void start(Runnable action) {
        if (suspended) {
            throw new IllegalStateException("a paused task cannot be called");
        }
        THREADS.execute(() -> {
            turn.acquireUninterruptibly();
            try {
                action.run();
            } catch (Killed e) {
                // The end that was asked for.
            } catch (Throwable e) {
                failure = e;
            }
            scheduler.release();
        });
        handOver();
    }

    /** Lets a suspended action go on until it ends or suspends itself again. */
    void resume() {
        suspended = false;
        handOver();
    }

    /** Ends a suspended action where it stands. */
    void kill() {
        killed = true;
        resume();
    }

    boolean isSuspended() {
        return suspended;
    }

    /** Called by the action: gives the baton back until it is resumed. */
    void suspend() {
        suspended = true;
        scheduler.release();
        turn.acquireUninterruptibly();
        if (killed) {
            throw new Killed();
        }
    }

    private void handOver() {
        turn.release();
        scheduler.acquireUninterruptibly();
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
    }
}
