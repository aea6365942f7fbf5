package io.llmproxy.balance;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.llmproxy.balance.Load.Outcome;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/** Clients that each send their next request once the last was answered, in a time of their own. */
final class Simulation {
    private final LoadBalancer balancer;
    private final List<Member> members;
    private final long start;
    private final long[] millis;
    private final SplittableRandom random = new SplittableRandom(11);

    /** @param millis how long each member takes on average */
    Simulation(LoadBalancer balancer, List<Member> members, long start, long... millis) {
        this.balancer = balancer;
        this.members = members;
        this.start = start;
        this.millis = millis;
    }

    /** Returns how many requests each member got. */
    int[] run(int clients, int requests) {
        int[] counts = new int[members.size()];
        PriorityQueue<Request> running = new PriorityQueue<>(Comparator.comparingLong(Request::end));
        for (int sent = 0; sent < requests; sent++) {
            long elapsed = 0;
            if (sent >= clients) {
                Request ended = running.remove();
                elapsed = ended.end;
                load(ended.member).finished(start + elapsed, ended.end - ended.begin, Outcome.SUCCESS);
            }
            int picked = balancer.pick(Balancers.ALL, start + elapsed);
            counts[picked]++;
            load(picked).started();
            running.add(new Request(picked, elapsed, elapsed + duration(picked)));
        }
        return counts;
    }

    private long duration(int member) {
        return (long) (MILLISECONDS.toNanos(millis[member]) * random.nextDouble(0.5, 1.5));
    }

    private Load load(int member) {
        return members.get(member).load();
    }

    private record Request(int member, long begin, long end) {}
}
