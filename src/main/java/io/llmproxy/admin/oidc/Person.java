package io.llmproxy.admin.oidc;

import java.util.Set;

/**
 * Who has signed in at the provider.
 *
 * @param subject by what the provider knows the person, which never changes
 * @param name what the provider calls the person; may change
 * @param groups the groups that the person is a member of
 * @param idToken what the provider has signed; shown to it once more to sign out
 */
public record Person(String subject, String name, Set<String> groups, String idToken) {
    /** Copies the groups. */
    public Person {
        groups = Set.copyOf(groups);
    }

    @Override
    public String toString() {
        return name;
    }
}
