package io.llmproxy.balance;

/**
 * What a balancer knows of one member of a group.
 *
 * @param load the live figures of the upstream, shared by all groups that it is a member of
 * @param weight the share of the requests that the member gets, relative to the weights of the others; at least 1
 */
public record Member(Load load, int weight) {
    /** @throws IllegalArgumentException if the weight is not positive */
    public Member {
        if (weight < 1) {
            throw new IllegalArgumentException("weight: " + weight + " (expected: >= 1)");
        }
    }
}
