// referee: the command line. Verbs come one file each.
return 2;
