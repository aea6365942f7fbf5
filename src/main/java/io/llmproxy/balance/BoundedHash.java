package io.llmproxy.balance;

import java.util.List;
import java.util.function.IntPredicate;

/**
 * Gives the requests of one key to one member, as long as that does not overload it. Each key ranks the members by a hash of
 * both, in proportion to their weights; the first of the rank that may be picked and is not full gets the request. A member
 * is full if one more request would be more than its share of all that are in flight, by weight, times the bound. One key of
 * which there is much to do so spills over to its next members, always the same ones. When a member comes or goes, only the
 * keys of that member move.
 *
 * <p>Any member that may be picked has its place in the rank, whatever it is doing. At least one of them is never full, because
 * the bound is not less than 1.
 *
 * @see <a href="https://arxiv.org/abs/1608.01350">Mirrokni, Thorup, Zadimoghaddam: Consistent Hashing with Bounded Loads,
 *     2016</a>
 * @see <a href="https://www.eecs.umich.edu/techreports/cse/96/CSE-TR-316-96.pdf">Thaler, Ravishankar: A Name-Based Mapping
 *     Scheme for Rendezvous, 1996</a>
 */
public final class BoundedHash {
    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;
    private static final double UNIT = 0x1p-53;

    private final long[] seeds;
    private final Member[] members;
    private final double bound;
    private final boolean weighted;

    /**
     * Makes the hash of a group.
     *
     * @param names of the members, by which they keep their keys in other groups, processes and configurations
     * @param members the members of the group, in the same order
     * @param bound how many times its share of the requests in flight a member may have, at least 1
     */
    public BoundedHash(List<String> names, List<Member> members, double bound) {
        this.seeds = names.stream().mapToLong(BoundedHash::seed).toArray();
        this.members = members.toArray(Member[]::new);
        this.bound = bound;
        this.weighted = members.stream().mapToInt(Member::weight).distinct().count() > 1;
    }

    private static long seed(String name) {
        long seed = GOLDEN_GAMMA;
        for (int at = 0; at < name.length(); at++) {
            seed = mix(seed + name.charAt(at));
        }
        return seed;
    }

    /** Spreads each bit over all (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
    private static long mix(long bits) {
        long mixed = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }

    /**
     * Picks the member that gets a request. Nothing is allocated.
     *
     * @param key what the request has in common with others; any number
     * @param selectable whether the member at an index may be picked; may be asked more than once about a member
     * @return the index of a selectable member, or {@link LoadBalancer#NONE}
     */
    public int pick(long key, IntPredicate selectable) {
        long inFlight = 1;
        long weights = 0;
        for (int index = 0; index < members.length; index++) {
            if (selectable.test(index)) {
                inFlight += members[index].load().inFlight();
                weights += members[index].weight();
            }
        }
        int free = best(key, selectable, bound * inFlight / Math.max(1, weights));
        // Others may have taken all that was free meanwhile.
        return free == LoadBalancer.NONE ? best(key, selectable, Double.POSITIVE_INFINITY) : free;
    }

    /** Returns the member that a key belongs to when all of them may be picked and none is full. */
    public int home(long key) {
        return best(key, index -> true, Double.POSITIVE_INFINITY);
    }

    private int best(long key, IntPredicate selectable, double perWeight) {
        int best = LoadBalancer.NONE;
        double highest = Double.NEGATIVE_INFINITY;
        for (int index = 0; index < members.length; index++) {
            double score = score(key, index);
            // What costs the most is asked last.
            if (score > highest && isFree(members[index], perWeight) && selectable.test(index)) {
                highest = score;
                best = index;
            }
        }
        return best;
    }

    private static boolean isFree(Member member, double perWeight) {
        return member.load().inFlight() + 1 <= Math.ceil(perWeight * member.weight());
    }

    /**
     * Of members of equal weights, each has the highest score for as many keys. A member of weight w needs the w-th root of a
     * hash between 0 and 1: it is as if there were w of it. The logarithm keeps the order.
     */
    private double score(long key, int index) {
        double hash = ((mix(key + seeds[index]) >>> 11) + 0.5) * UNIT;
        return weighted ? Math.log(hash) / members[index].weight() : hash;
    }
}
