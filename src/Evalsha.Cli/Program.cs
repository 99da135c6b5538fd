// evalsha: the toolkit's command line. Verbs come one file each.
return 2;
