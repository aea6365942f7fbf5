package io.llmproxy.admin.oidc;

import java.util.Set;

/**
 * Who has signed in at the provider.
 *
 * @param name what the provider calls the person
 * @param groups those of which the person is a member
 * @param idToken what the provider has signed; shown to it once more to sign out
 */
public record Person(String name, Set<String> groups, String idToken) {
    /** Copies the groups. */
    public Person {
        groups = Set.copyOf(groups);
    }

    @Override
    public String toString() {
        return name;
    }
}
